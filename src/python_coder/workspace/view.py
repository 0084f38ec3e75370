# src/python_coder/workspace/view.py — a view of the file system: what is shown, what may be written to
import functools
from dataclasses import dataclass, field
from pathlib import Path

MOST_LINKS = 40
"""As many as the kernel follows."""

_SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")

# Not all of /etc: it holds keys, password hashes and mail or registry credentials.
_SYSTEM_FILES = tuple(
    f"/etc/{name}"
    for name in (
        "alternatives",
        "apache2/mime.types",
        "ca-certificates",
        "crypto-policies",
        "debian_version",
        "fonts",
        "gai.conf",
        "group",
        "host.conf",
        "hosts",
        "httpd/conf/mime.types",
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "locale.alias",
        "localtime",
        "mime.types",
        "nsswitch.conf",
        "os-release",
        "passwd",
        "pki/ca-trust",
        "pki/tls/cert.pem",
        "pki/tls/certs",
        "pki/tls/openssl.cnf",
        "protocols",
        "resolv.conf",
        "services",
        "ssl/cert.pem",
        "ssl/certs",
        "ssl/openssl.cnf",
        "timezone",
    )
)


@dataclass
class View:
    """A view of the file system: folders and files by real path, and the symbolic links that lead to them."""

    mounts: dict[Path, Path] = field(default_factory=dict)
    """Where something is seen, to the real path of what is seen there."""
    writable: set[Path] = field(default_factory=set)
    """Those of `mounts` that may be written to."""
    links: dict[Path, str] = field(default_factory=dict)
    """Symbolic links on the way to what is shown, to their targets as written."""
    named: frozenset[Path] = frozenset()
    """The real paths that the command names itself. What lies there may have been put there by its own kind."""

    def cover(self, path: Path) -> Path | None:
        """The innermost mount that shows `path`, a real path."""
        return next((place for place in (path, *path.parents) if place in self.mounts), None)

    def show(self, path: Path, *, is_writable: bool = False) -> None:
        """Make `path` and every link on the way to it visible, unless a mount shows it with the same right."""
        real, links = trace(path)
        self.links.update(links)
        place = self.cover(real)
        if place is None or (place in self.writable) is not is_writable:
            self.mounts[real] = real
        if is_writable:
            self.writable.add(real)

    def show_if_hidden(self, path: Path) -> None:
        """Make `path` visible read-only, unless a mount shows it already, with whatever right."""
        real, links = trace(path)
        self.links.update(links)
        if self.cover(real) is None:
            self.mounts[real] = real

    def outermost_first(self) -> list[tuple[Path, Path]]:
        """Place and source of each mount, in the order in which inner ones win over outer ones."""
        return sorted(self.mounts.items(), key=lambda mount: (len(mount[0].parts), mount[0]))

    def missing_links(self) -> list[tuple[Path, str]]:
        """The links that no mount brings along."""
        return sorted((link, target) for link, target in self.links.items() if self.cover(link) is None)


@functools.cache
def system_view() -> View:
    """What every sandboxed process sees: programs, libraries, certificates, names. No home, no `/run`, no `/var`."""
    view = View()
    for folder in map(Path, _SYSTEM_FOLDERS):
        if folder.exists():
            view.show(folder)
    for file in (*map(Path, _SYSTEM_FILES), *Path("/etc").glob("python3*")):
        if file.exists():
            real, links = trace(file)
            if view.cover(real) is not None:
                view.links.update(links)
            else:  # such as resolv.conf, which often points into /run
                view.mounts[file.parent.resolve() / file.name] = real
    return view


def trace(path: Path) -> tuple[Path, dict[Path, str]]:
    """Real path, and each symbolic link met on the way to it; a link's own folder is a real path."""
    links: dict[Path, str] = {}
    real = Path("/")
    ahead = list(reversed(path.absolute().parts))
    while ahead:
        part = ahead.pop()
        here = real.parent if part == ".." else real / part  # an absolute target starts again with its "/"
        if not here.is_symlink():
            real = here
        elif len(links) < MOST_LINKS:
            links[here] = str(here.readlink())
            ahead.extend(reversed(here.readlink().parts))
        else:
            break
    return real, links

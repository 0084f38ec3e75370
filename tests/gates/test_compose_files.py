# tests/gates/test_compose_files.py — stacks made of several files: overrides, overlays, includes, extended services
from pathlib import Path

import pytest
from change_bench import notes
from compose_bench import check, due, found

from python_coder.evidence.verdict import Verdict

API = """
    services:
      api: {image: 'a:1', CHECKED}
    """
ALL_PROFILES = """
    services:
      api:
        image: a:1
        CHECKED
        profiles: [dev, test, prod]
    """

STACKS = {
    "override-that-compose-reads-by-itself": {
        "s/compose.yaml": API,
        "s/compose.override.yaml": """
            services:
              api:
                privileged: true #! CL-0002
            """,
    },
    "override-brings-the-healthcheck": {
        "s/compose.yaml": "services: {api: {image: 'a:1'}}",
        "s/compose.override.yaml": "services: {api: {CHECKED}}",
    },
    "overlay-over-the-base": {
        "s/compose.yaml": API,
        "s/compose.prod.yaml": """
            services:
              api:
                network_mode: host #! CL-0008
            """,
    },
    "overlay-takes-the-healthcheck-away": {
        "s/compose.yaml": API,
        "s/docker-compose.gpu.yml": """
            services:
              api:
                healthcheck: {disable: true} #! healthcheck-missing
            """,
    },
    "file-of-its-own-beside-a-base": {
        "s/compose.yaml": API,
        "s/compose.tools.yaml": """
            services:
              tool: #! healthcheck-missing
                image: b:1
            """,
    },
    "fault-in-the-base-is-told-once": {
        "s/compose.yaml": """
            services:
              api: #! healthcheck-missing
                image: a:1
            """,
        "s/compose.prod.yaml": "services: {api: {restart: always}}",
        "s/compose.ci.yaml": "services: {api: {restart: 'no'}}",
    },
    "privileged-through-an-extended-file-of-an-included-file": {
        "s/compose.yaml": "include: [parts/web.yaml]",
        "s/parts/web.yaml": """
            services:
              web:
                extends: {file: hidden/all.yaml, service: all}
                CHECKED
            """,
        "s/parts/hidden/all.yaml": """
            services:
              all:
                image: a:latest #! image-latest
                privileged: true #! CL-0002
            """,
    },
    "extended-twice-in-one-file": {
        "s/compose.yaml": """
            services:
              web: {extends: middle, CHECKED}
              middle: {extends: {service: ground}, CHECKED}
              ground:
                image: a:1
                CHECKED
                pid: host #! CL-0010, CL-0010, CL-0010
            """,
    },
    "part-that-is-no-stack-of-its-own": {
        "s/compose.yaml": "services: {web: {extends: {file: compose.common.yaml, service: all}, image: 'a:1'}}",
        "s/compose.common.yaml": "services: {all: {CHECKED}}",
    },
    "parts-that-only-take-in-each-other": {
        "s/compose.one.yaml": """
            services:
              a: {extends: {file: compose.two.yaml, service: b}}
              c: {image: 'c:1', CHECKED, privileged: true} #! CL-0002, CL-0002
            """,
        "s/compose.two.yaml": """
            services:
              b: {image: 'b:1', CHECKED}
              d: {extends: {file: compose.one.yaml, service: c}}
            """,
    },
    "include-in-its-long-form": {
        "s/compose.yaml": """
            include:
              - path: [db/compose.yaml, db/more.yaml]
                env_file: db/values.env
            """,
        "s/db/compose.yaml": "services: {db: {image: 'db:${TAG}', CHECKED}}",
        "s/db/more.yaml": """
            services:
              db:
                cap_add:
                  - SYS_ADMIN #! CL-0024
            """,
        "s/db/values.env": "TAG=3\n",
    },
    "latest-from-an-env-file": {
        "s/compose.yaml": """
            services:
              api:
                image: a:${TAG} #! image-latest
                CHECKED
            """,
        "s/.env": "TAG=latest\n",
    },
    "included-file-that-is-not-there": {
        "s/compose.yaml": """
            include:
              - gone.yaml #! unresolved
            """,
    },
    "healthcheck-in-the-dockerfile": {
        "s/compose.yaml": """
            services:
              api: {build: {context: ., target: prod}}
              dev: #! healthcheck-missing
                build: {context: ., target: dev}
              web: {build: {context: web, dockerfile: ../web.Dockerfile}}
              off: #! healthcheck-missing
                build: {context: off}
              vain: #! healthcheck-missing
                build:
                  dockerfile_inline: |
                    FROM a:1
                    HEALTHCHECK --interval=1s CMD ["true"]
            """,
        "s/Dockerfile": "FROM a:1 AS dev\nFROM dev AS ground\nHEALTHCHECK CMD curl x\nFROM ground AS prod\n",
        "s/web.Dockerfile": "FROM a:1\nHEALTHCHECK --interval=5s \\\n  CMD curl x\n",
        "s/off/Dockerfile": "FROM a:1\nHEALTHCHECK NONE\n",
    },
    "samples-of-tests": {
        "tests/fixtures/compose.yaml": "services: {api: {image: 'a:latest'}}",
        "compose.yaml": ALL_PROFILES,
    },
    "all-profiles": {"compose.yaml": ALL_PROFILES},
    "profiles-missing": {
        "compose.yaml": """
            name: shop
            services: #! profile-missing, profile-missing
              api: {image: 'a:1', CHECKED, profiles: [development]}
            """
    },
    "profiles-by-files": {
        "compose.yaml": API,
        "compose.override.yaml": "services: {api: {restart: 'no'}}",
        "compose.testing.yaml": "services: {api: {restart: 'no'}}",
        "docker-compose.prod.yml": "services: {api: {restart: always}}",
    },
}


@pytest.mark.parametrize("files", STACKS.values(), ids=STACKS)
def test_stack(tmp_path: Path, files: dict[str, str]) -> None:
    result = check(tmp_path, files)
    assert found(result) == due(files)
    expected = Verdict.FAILED if due(files) else Verdict.PASSED
    assert result.verdict is expected


PORTS = "ports: ['127.0.0.1:8000:8000']"
WATCHED = {
    "nothing": ([PORTS], True),
    "watched": ([PORTS, "develop: {watch: [{action: sync, path: ., target: /code}]}"], False),
    "mounted": ([PORTS, "volumes: ['.:/code']"], False),
    "for-production": ([PORTS, "profiles: [prod]"], False),
    "not-served": ([], False),
}


@pytest.mark.parametrize(("lines", "is_told"), WATCHED.values(), ids=WATCHED)
def test_watch_is_only_told(tmp_path: Path, lines: list[str], *, is_told: bool) -> None:
    api = "\n    ".join(["services:\n  api:\n    build: .", "CHECKED", *lines])
    others = "\n  other: {image: 'a:1', CHECKED, profiles: [dev, test, prod]}\n"
    result = check(tmp_path, {"compose.yaml": api + others, "Dockerfile": "FROM a:1\n"})
    assert (result.verdict, notes(result)) == (Verdict.PASSED, ["develop-watch-missing"] * is_told)

# tests/gates/test_compose_secrets.py — where plain secrets hide in compose files, and what only looks like one
from pathlib import Path

import pytest
from compose_bench import texts

from python_coder.gates.compose_secrets import plain_secrets
from python_coder.gates.compose_views import views

FOUND = {
    "mapping": "environment:\n  POSTGRES_PASSWORD: hunter2 #!",
    "list": "environment:\n  - API_TOKEN=hunter2 #!",
    "default": "environment:\n  API_TOKEN: ${API_TOKEN:-hunter2} #!",
    "nested-default": "environment:\n  API_TOKEN: ${A:-${B-hunter2}} #!",
    "alternative": "environment:\n  API_TOKEN: ${A:+hunter2} #!",
    "pieces-of-defaults": "environment:\n  SECRET_KEY: ${A:-hun}${B:-ter2} #!",
    "url": "environment:\n  DATABASE_URL: postgresql://app:hunter2@db/app #!",
    "url-with-the-first-guess": "environment:\n  DATABASE_URL: postgresql://app:password@db/app #!",
    "url-of-defaults": "environment:\n  DATABASE_URL: postgresql://${U:-app}:${P:-hunter2}@db/app #!",
    "build-argument": "build:\n  args:\n    - NPM_TOKEN=hunter2 #!",
    "command": "command: serve --api-key=hunter2word99 #!",
    "known-shape": "labels:\n  note: ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa #!",
    "anchored-under-an-innocent-name": "x-word: &word hunter2 #!\nenvironment:\n  POSTGRES_PASSWORD: *word",
    "anchored-twice": "x-word: &word\n  word: &inner hunter2 #!\nenvironment:\n  PGPASSWORD: *inner",
    "merged-in": "x-env: &env\n  SECRET_KEY: hunter2 #!\nenvironment:\n  <<: *env",
    "healthcheck": "healthcheck:\n  test: psql postgresql://app:hunter2@db/app #!",
    "inline-configuration": 'configs:\n  all:\n    content: |-  #!\n      [db]\n      password = "hunter2word"',
}
NOT_FOUND = {
    "variable": "environment:\n  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}",
    "required": "environment:\n  - POSTGRES_PASSWORD=${POSTGRES_PASSWORD:?set it}",
    "empty-default": "environment:\n  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-}",
    "passed-through": "environment:\n  - POSTGRES_PASSWORD\n  - PGPASSWORD=",
    "file": "environment:\n  POSTGRES_PASSWORD_FILE: /run/secrets/database_password",
    "secrets": "secrets: [database_password]",
    "definition": "secrets:\n  password: {file: secrets/password.txt}\n  token: {environment: TOKEN}",
    "url-without-password": "environment:\n  DATABASE_URL: postgresql://app@db:5432/app",
    "url-with-variable": "environment:\n  DATABASE_URL: postgresql://app:${PASSWORD:?}@db/app",
    "url-with-port": "environment:\n  URL: http://${HOST:-api}:${PORT:-8000}/path@2",
    "near-words": "environment:\n  TOKEN_TTL: 3600\n  PASSWORD_MIN_LENGTH: 12\n  TOKEN_URL: https://login/token",
    "switch": "environment:\n  ALLOW_EMPTY_PASSWORD: 'yes'\n  RESET_TOKEN: 'false'",
    "rule": "labels:\n  - traefik.http.routers.api.rule=Host(`api.${DOMAIN:-localhost}`)",
    "healthcheck-with-variable": "healthcheck:\n  test: redis-cli -a $$REDIS_PASSWORD ping",
}


@pytest.mark.parametrize("text", {**FOUND, **NOT_FOUND}.values(), ids=[*FOUND, *NOT_FOUND])
def test_in_a_compose_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "compose.yaml").write_text(text)
    (view,) = views(tmp_path, ["compose.yaml"], ".")
    marked = [number for number, line in enumerate(text.splitlines(), start=1) if line.endswith("#!")]
    sightings = list(plain_secrets(view))
    assert sorted({sighting.line for sighting in sightings}) == marked
    assert not any("hunter2" in sighting.message for sighting in sightings)


ENV_FILES = {
    "beside": {"compose.yaml": "services: {}", ".env": "A=1\nexport API_TOKEN=hunter2\n"},
    "asked-for": {
        "compose.yaml": "services: {a: {env_file: [x/.env]}}",
        "x/.env": "# it\nPOSTGRES_PASSWORD='hunter2'\n",
    },
    "sample-that-is-read": {
        "compose.yaml": "services: {a: {env_file: a.example}}",
        "a.example": "A=1\nTOKEN=hunter2\n",
    },
    "asked-for-by-default": {
        "compose.yaml": "services: {a: {env_file: '${E:-a.env}'}}",
        "a.env": "# it\nSECRET_KEY=hunter2\n",
    },
}


@pytest.mark.parametrize("files", ENV_FILES.values(), ids=ENV_FILES)
def test_in_an_env_file(tmp_path: Path, files: dict[str, str]) -> None:
    assert _lines(tmp_path, files) == [2]


def test_env_files_that_nobody_reads_do_not_count(tmp_path: Path) -> None:
    files = {"compose.yaml": "services: {}", ".env.example": "TOKEN=hunter2\n", "b.env": "TOKEN=hunter2\n"}
    assert _lines(tmp_path, files) == []


def _lines(folder: Path, files: dict[str, str]) -> list[int]:
    for path, text in texts(files).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    (view,) = views(folder, files, ".")
    return [sighting.line for sighting in plain_secrets(view)]

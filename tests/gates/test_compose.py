# tests/gates/test_compose.py — each rule on compose files: what breaks it, on which line, and what honest twin keeps it
from pathlib import Path

import pytest
from compose_bench import check, due, found

from python_coder.evidence.verdict import Verdict

# Below the root, so that the rule on profiles is silent; it has a table of its own.
PATH = "stack/compose.yaml"

RULES = {
    "no-healthcheck": """
        services:
          api: #! healthcheck-missing
            image: a:1
        """,
    "healthcheck": """
        services:
          api: {image: 'a:1', CHECKED}
        """,
    "healthcheck-disabled": """
        services:
          api:
            image: a:1
            healthcheck: {disable: true} #! healthcheck-missing
        """,
    "healthcheck-none": """
        services:
          api:
            image: a:1
            healthcheck: #! healthcheck-missing
              test: [NONE]
        """,
    "healthcheck-cannot-fail": """
        services:
          api:
            image: a:1
            healthcheck:
              interval: 5s
              test: curl -f http://localhost || true #! healthcheck-vacuous
        """,
    "healthcheck-can-fail": """
        services:
          api:
            image: a:1
            healthcheck:
              test: curl -f http://localhost || exit 1
        """,
    "healthcheck-merged-in": """
        x-base: &base
          image: a:1
          CHECKED
        services:
          api:
            <<: *base
            command: serve
        """,
    "healthcheck-merged-in-that-cannot-fail": """
        x-check: &check
          test: [CMD, 'true'] #! healthcheck-vacuous
        services:
          api:
            image: a:1
            healthcheck: *check
        """,
    "healthcheck-left-out-for-a-reason": """
        services:
          api:
            image: a:1
            labels: {python-coder.no-healthcheck: it ends after one request by itself}
        """,
    "healthcheck-left-out-for-no-reason": """
        services:
          api:
            image: a:1
            labels:
              - other=1
              - python-coder.no-healthcheck=yes #! healthcheck-missing
        """,
    "one-off-needs-no-healthcheck": """
        services:
          migrate: {image: 'a:1'}
          api:
            image: a:1
            CHECKED
            depends_on:
              migrate: {condition: service_completed_successfully}
        """,
    "depends-on-short-form": """
        services:
          db: {image: 'a:1', CHECKED}
          api:
            image: a:1
            CHECKED
            depends_on:
              - db #! depends-on-started
        """,
    "depends-on-started": """
        services:
          db: {image: 'a:1', CHECKED}
          api:
            image: a:1
            CHECKED
            depends_on:
              db: #! depends-on-started
                condition: service_started
        """,
    "depends-on-healthy": """
        services:
          db: {image: 'a:1', CHECKED}
          api:
            image: a:1
            CHECKED
            depends_on: {db: {condition: service_healthy}}
        """,
    "depends-on-what-needs-no-healthcheck": """
        services:
          db: {image: 'a:1', labels: {python-coder.no-healthcheck: nothing in it to ask}}
          api: {image: 'a:1', CHECKED, depends_on: [db]}
        """,
    "depends-on-health-that-nobody-checks": """
        services:
          db: #! healthcheck-missing
            image: a:1
          api:
            image: a:1
            CHECKED
            depends_on:
              db: {condition: service_healthy} #! depends-on-no-health
        """,
    "shared-network-is-no-dependency-that-somebody-wrote": """
        services:
          db: {image: 'a:1', CHECKED}
          api: {image: 'a:1', CHECKED, network_mode: 'service:db'}
        """,
    "latest": """
        services:
          api:
            CHECKED
            image: redis:latest #! image-latest
        """,
    "no-tag": """
        services:
          api:
            CHECKED
            image: localhost:5000/redis #! image-untagged
        """,
    "latest-by-default": """
        services:
          api:
            CHECKED
            image: redis:${TAG:-${OLD_TAG-latest}} #! image-latest
        """,
    "latest-under-a-name-that-varies": """
        services:
          api:
            CHECKED
            image: ${REGISTRY:?}/redis:latest #! image-latest
        """,
    "tag-that-varies": """
        services:
          api: {CHECKED, image: 'redis:${TAG:?which}'}
          web: {CHECKED, image: '${IMAGE}'}
        """,
    "tag-and-digest": """
        services:
          api: {CHECKED, image: 'redis:7.4'}
          web: {CHECKED, image: 'redis@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}
        """,
    "latest-that-the-stack-builds": """
        services:
          api: {CHECKED, build: ., image: 'api:latest'}
          worker: {CHECKED, image: 'api:latest'}
        """,
    "privileged": """
        services:
          api:
            CHECKED
            image: a:1
            privileged: true #! CL-0002
        """,
    "privileged-merged-in": """
        x-all: &all
          privileged: true #! CL-0002
        services:
          api: {<<: *all, image: 'a:1', CHECKED}
        """,
    "host-network-and-namespaces": """
        services:
          api:
            CHECKED
            image: a:1
            network_mode: host #! CL-0008
            pid: host #! CL-0010
            ipc: host #! CL-0010
        """,
    "docker-socket": """
        services:
          api:
            CHECKED
            image: a:1
            volumes:
              - ./code:/code
              - /var/run/docker.sock:/var/run/docker.sock:ro #! CL-0001
              - type: bind #! CL-0025
                source: /etc
                target: /host
        """,
    "capability": """
        services:
          api:
            CHECKED
            image: a:1
            cap_add:
              - NET_BIND_SERVICE
              - SYS_ADMIN #! CL-0024
        """,
    "mounts-of-the-project-and-of-a-home": """
        services:
          api:
            CHECKED
            image: a:1
            volumes: ['.:/code', '..:/up', '~/data:/data', 'named:/var/lib/x']
        volumes: {named: {}}
        """,
    "secret": """
        services:
          db:
            CHECKED
            image: a:1
            environment:
              POSTGRES_PASSWORD: hunter2 #! secret-in-plain-text
        """,
    "several-documents": """
        services:
          api: {CHECKED, image: 'a:1'}
        ---
        services:
          web: #! healthcheck-missing
            image: b:latest #! image-latest
        """,
    "no-yaml": """
        services:
          api: {image: 'a:1'
          web: [ #! unresolved
        """,
    "unknown-key": """
        services:
          api: #! unresolved
            CHECKED
            image: a:1
            imagine: 3
        """,
    "cycle": """
        services:
          api:
            CHECKED
            image: a:1
            depends_on:
              web: {condition: service_healthy} #! unresolved
          web: {CHECKED, image: 'a:1', depends_on: {api: {condition: service_healthy}}}
        """,
    "depends-on-nobody": """
        services:
          api: #! unresolved
            image: a:1
            depends_on: [nobody]
        """,
    "variables-that-must-be-set": """
        services:
          api:
            CHECKED
            image: a:1
            ports: ['127.0.0.1:${PORT:?}:${INNER}']
            volumes: ['${FOLDER}:/data']
            stop_grace_period: ${GRACE:-5s}
            environment: {KEY: '${KEY:?say it}'}
        """,
    "env-files-that-nobody-commits": """
        services:
          api:
            CHECKED
            image: a:1
            env_file:
              - .env
              - path: ../other.env
              - .env.${STAGE}
        """,
}


@pytest.mark.parametrize("text", RULES.values(), ids=RULES)
def test_rule(tmp_path: Path, text: str) -> None:
    result = check(tmp_path, {PATH: text})
    assert found(result) == due({PATH: text})
    assert result.verdict is (Verdict.FAILED if due({PATH: text}) else Verdict.PASSED)

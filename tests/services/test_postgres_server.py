# tests/services/test_postgres_server.py — the throwaway server answers on both of its doors
import socket

import pytest
from postgres_server import PostgresServer

pytestmark = pytest.mark.postgres


def test_server_listens(postgres_server: PostgresServer) -> None:
    socket.create_connection(("127.0.0.1", postgres_server.port), timeout=5).close()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(postgres_server.socket))
    assert postgres_server.dsn == f"postgresql://postgres@127.0.0.1:{postgres_server.port}/postgres"

## migrations/script.py.mako — how a new migration starts
<%!
import re
%>\
<%
slug = "_".join(re.findall(r"\w+", message or "")).lower()
slug = slug[:40].rsplit("_", 1)[0] + "_" if len(slug) > 40 else slug
%>\
# migrations/versions/${up_revision}_${slug}.py — ${message}
"""${message}."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision: str = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: str | Sequence[str] | None = ${repr(branch_labels)}
depends_on: str | Sequence[str] | None = ${repr(depends_on)}


def upgrade() -> None:
    """Apply this migration."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Undo this migration."""
    ${downgrades if downgrades else "pass"}

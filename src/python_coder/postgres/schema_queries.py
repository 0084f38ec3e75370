# src/python_coder/postgres/schema_queries.py — the questions to PostgreSQL's catalog: one for each kind of thing
"""Seven statements read a whole database, however many tables it has, and eight a part of it.

Each runs with `search_path` set to `pg_catalog`, so that no function or operator that somebody put into `public` is
ever called, and every name outside of the catalog comes with its schema.
"""

from typing import Final

SERVER: Final = """
SELECT set_config('search_path', 'pg_catalog', true), current_database() AS database,
       current_setting('server_version') AS version,
       ARRAY(SELECT extname || ' ' || extversion FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1) AS extensions
"""

RELATIONS: Final = """
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.reltuples::float8 AS rows,
       c.relpages AS pages, coalesce(d.description, '') AS comment,
       ARRAY(SELECT pn.nspname || '.' || p.relname FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
             JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid ORDER BY i.inhseqno) AS parents,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) ELSE '' END AS partition_key,
       CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) ELSE '' END AS partition_bound,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, true) ELSE '' END AS definition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema' AND n.nspname LIKE %(schema)s
  AND c.relname LIKE %(table)s
  AND NOT EXISTS (SELECT FROM pg_depend e
                  WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY n.nspname, c.relname
"""

COLUMNS: Final = """
SELECT a.attrelid AS relation, a.attnum AS number, a.attname AS name,
       format_type(a.atttypid, a.atttypmod) AS type, NOT (a.attnotnull OR t.typnotnull) AS is_nullable,
       coalesce(pg_get_expr(v.adbin, v.adrelid), '') AS value,
       a.attidentity::text AS identity, a.attgenerated::text AS generated, coalesce(d.description, '') AS comment,
       CASE WHEN a.attcollation <> t.typcollation THEN o.collname ELSE '' END AS collation
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
LEFT JOIN pg_collation o ON o.oid = a.attcollation
LEFT JOIN pg_description d ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
WHERE a.attrelid = ANY(%(relations)s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

COLUMN_NAMES: Final = """
SELECT attrelid AS relation, attnum AS number, attname AS name
FROM pg_attribute WHERE attrelid = ANY(%(relations)s) AND attnum > 0
"""

CONSTRAINTS: Final = """
SELECT k.conrelid AS relation, k.confrelid AS target, k.conname AS name, k.contype::text AS kind,
       coalesce(k.conkey, '{}') AS numbers, coalesce(k.confkey, '{}') AS target_numbers,
       pg_get_constraintdef(k.oid) AS definition, k.convalidated AS is_valid, coalesce(d.description, '') AS comment,
       n.nspname AS schema, c.relname AS table, tn.nspname AS target_schema, t.relname AS target_table,
       k.confdeltype::text AS on_delete, k.confupdtype::text AS on_update,
       k.condeferrable AS is_deferrable, k.condeferred AS is_deferred
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = k.confrelid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass
WHERE k.contype IN ('p', 'u', 'c', 'x', 'f')
  AND (k.conrelid = ANY(%(relations)s) OR k.confrelid = ANY(%(relations)s))
ORDER BY position(k.contype::text IN 'puxcf'), n.nspname, c.relname, k.conname
"""

INDEXES: Final = """
SELECT i.indrelid AS relation, c.relname AS name, m.amname AS method, i.indisunique AS is_unique,
       i.indisvalid AS is_valid, coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
       i.indkey::smallint[] AS numbers, i.indnkeyatts AS keys,
       CASE WHEN i.indexprs IS NOT NULL THEN
           ARRAY(SELECT pg_get_indexdef(i.indexrelid, place, true) FROM generate_series(1, i.indnatts) place)
       END AS expressions,
       pg_get_indexdef(i.indexrelid) AS definition, coalesce(k.conname, '') AS constraint,
       coalesce(d.description, '') AS comment
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
WHERE i.indrelid = ANY(%(relations)s)
ORDER BY i.indrelid, c.relname
"""

TYPES: Final = """
SELECT n.nspname AS schema, t.typname AS name, t.typtype::text AS kind,
       ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder) AS labels,
       format_type(t.typbasetype, t.typtypmod) AS type, NOT t.typnotnull AS is_nullable,
       coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault, '') AS value,
       ARRAY(SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contypid = t.oid AND contype = 'c'
             ORDER BY conname) AS checks,
       coalesce(d.description, '') AS comment
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_type'::regclass
WHERE t.typtype IN ('e', 'd')
  AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema' AND n.nspname LIKE %(schema)s
  AND NOT EXISTS (SELECT FROM pg_depend e
                  WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY n.nspname, t.typname
"""

SEQUENCES: Final = """
SELECT n.nspname AS schema, c.relname AS name, format_type(s.seqtypid, NULL) AS type, o.refobjid AS owner_relation,
       coalesce(tn.nspname || '.' || t.relname || '.' || a.attname, '') AS owner
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.refclassid = 'pg_class'::regclass
                     AND o.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = o.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
WHERE n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema' AND n.nspname LIKE %(schema)s
  AND NOT EXISTS (SELECT FROM pg_depend e
                  WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY n.nspname, c.relname
"""

# src/python_coder/postgres/allowed_nodes.py — which parts of PostgreSQL's grammar a query may be made of
from typing import Final

_READING_NODES_WORDS = """
    RawStmt SelectStmt ResTarget ColumnRef A_Star A_Const Integer Float Boolean String BitString A_Expr BoolExpr
    NullTest BooleanTest SubLink RangeVar RangeSubselect RangeFunction RangeTableSample RangeTableFunc
    RangeTableFuncCol JoinExpr Alias FuncCall NamedArgExpr TypeCast TypeName ColumnDef SortBy WindowDef GroupingSet
    GroupingFunc WithClause CommonTableExpr CTESearchClause CTECycleClause CaseExpr CaseWhen CoalesceExpr MinMaxExpr
    RowExpr A_ArrayExpr A_Indices A_Indirection CollateClause ParamRef SQLValueFunction XmlExpr XmlSerialize
    JsonAggConstructor JsonArgument JsonArrayAgg JsonArrayConstructor JsonArrayQueryConstructor JsonBehavior JsonFormat
    JsonFuncExpr JsonIsPredicate JsonKeyValue JsonObjectAgg JsonObjectConstructor JsonOutput JsonParseExpr
    JsonReturning JsonScalarExpr JsonSerializeExpr JsonTable JsonTableColumn JsonTablePathSpec JsonValueExpr
    """
READING_NODES: Final = frozenset(_READING_NODES_WORDS.split())
"""Kinds of nodes of a statement that reads. A kind that a later grammar adds is refused until it is looked at."""

_WRITING_NODES_WORDS = """
    InsertStmt UpdateStmt DeleteStmt OnConflictClause InferClause IndexElem MultiAssignRef SetToDefault ReturningClause
    ReturningOption
    """
WRITING_NODES: Final = READING_NODES | frozenset(_WRITING_NODES_WORDS.split())
"""Those of a statement that may write rows, where writing is allowed."""

_EXPLAIN_WORDS = "analyze buffers costs format generic_plan memory serialize settings summary timing verbose wal"
EXPLAIN_OPTIONS: Final = frozenset(_EXPLAIN_WORDS.split())

SAMPLE_METHODS: Final = frozenset({"bernoulli", "system"})
"""Methods of TABLESAMPLE: they are functions, too."""

_CLOSED_RELATIONS_WORDS = """
    pg_authid pg_shadow pg_user_mapping pg_user_mappings pg_subscription pg_largeobject pg_largeobject_metadata
    pg_hba_file_rules pg_ident_file_mappings pg_file_settings pg_config pg_statistic pg_statistic_ext_data
    pg_shmem_allocations pg_backend_memory_contexts pg_stat_ssl pg_stat_gssapi user_mapping_options
    """
CLOSED_RELATIONS: Final = frozenset(_CLOSED_RELATIONS_WORDS.split())
"""Catalogs that hold password hashes, samples of values, files or addresses; a name alone, whatever its schema."""

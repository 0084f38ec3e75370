# src/python_coder/postgres/allowed_functions.py — builtin functions that a query may call, by family
"""Everything that is not named here is refused, wherever it is called.

Left out on purpose, though PostgreSQL calls some of them stable: what runs SQL given as text (`query_to_xml` and its
family, `ts_stat`, `ts_rewrite`), reads or lists files, sleeps, locks, signals, notifies, counts sequences up, takes a
transaction id, changes settings, makes large objects, or reads secrets of the server.

Source: PostgreSQL 15-18 documentation, chapter 9; `pg_proc` of PostgreSQL 15 and 17.
"""

from typing import Final

_FAMILIES: Final = {
    "aggregates": """
        any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every json_agg
        json_object_agg json_object_agg_strict json_object_agg_unique json_agg_strict jsonb_agg jsonb_agg_strict
        jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique max min mode percentile_cont percentile_disc
        range_agg range_intersect_agg regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
        regr_syy stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance xmlagg""",
    "window functions": """
        cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number""",
    "numbers": """
        abs acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh bit_count cbrt ceil ceiling cos cosd cosh
        cot cotd degrees div erf erfc exp factorial floor gamma gcd lcm lgamma ln log log10 min_scale mod pi pow power
        radians random random_normal round scale sign sin sind sinh sqrt tan tand tanh trim_scale trunc width_bucket""",
    "casts by name": """
        bool date float4 float8 int2 int4 int8 interval name numeric oid text time timestamp timestamptz timetz varchar
        bpchar""",
    "texts": """
        ascii bit_length btrim casefold char_length character_length chr concat concat_ws convert_from convert_to decode
        encode format initcap is_normalized left length like_escape lower lpad ltrim md5 normalize octet_length overlay
        parse_ident position quote_ident quote_literal quote_nullable regexp_count regexp_instr regexp_like regexp_match
        regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr repeat replace reverse
        right rpad rtrim similar_escape similar_to_escape split_part starts_with string_to_array string_to_table strpos
        substr substring to_ascii to_bin to_hex to_oct translate unistr upper""",
    "bytes and hashes": """
        crc32 crc32c get_bit get_byte hashtext hashtextextended set_bit set_byte sha224 sha256 sha384 sha512""",
    "dates and times": """
        age clock_timestamp date_add date_bin date_part date_subtract date_trunc extract isfinite justify_days
        justify_hours justify_interval make_date make_interval make_time make_timestamp make_timestamptz now overlaps
        statement_timestamp timeofday timezone to_char to_date to_number to_timestamp transaction_timestamp""",
    "arrays": """
        array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions
        array_prepend array_remove array_replace array_reverse array_sample array_shuffle array_sort array_to_string
        array_upper cardinality trim_array unnest generate_series generate_subscripts""",
    "JSON": """
        array_to_json json_array_elements json_array_elements_text json_array_length json_build_array json_build_object
        json_each json_each_text json_extract_path json_extract_path_text json_object json_object_keys
        json_populate_record json_populate_recordset json_scalar json_serialize json_strip_nulls json_to_record
        json_to_recordset json_typeof jsonb_array_elements jsonb_array_elements_text jsonb_array_length
        jsonb_build_array jsonb_build_object jsonb_concat jsonb_each jsonb_each_text jsonb_extract_path
        jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys jsonb_path_exists jsonb_path_exists_tz
        jsonb_path_match jsonb_path_match_tz jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz
        jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record
        jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record
        jsonb_to_recordset jsonb_typeof row_to_json to_json to_jsonb""",
    "ranges": """
        datemultirange daterange int4multirange int4range int8multirange int8range isempty lower_inc lower_inf
        multirange nummultirange numrange range_merge
        tsmultirange tsrange tstzmultirange tstzrange upper_inc upper_inf""",
    "full-text search": """
        array_to_tsvector get_current_ts_config json_to_tsvector jsonb_to_tsvector numnode phraseto_tsquery
        plainto_tsquery querytree setweight strip to_tsquery to_tsvector ts_debug ts_delete ts_filter ts_headline
        ts_lexize ts_parse ts_rank ts_rank_cd ts_token_type tsquery_phrase tsvector_to_array websearch_to_tsquery""",
    "networks": """
        abbrev broadcast family host hostmask inet_merge inet_same_family macaddr8_set7bit masklen netmask network
        set_masklen""",
    "geometry": """
        area box center circle diagonal diameter height isclosed isopen line lseg npoints path pclose point polygon
        popen radius slope width""",
    "uuids, enums, others": """
        enum_first enum_last enum_range gen_random_uuid num_nonnulls num_nulls pg_column_compression pg_column_size
        pg_input_is_valid pg_size_bytes pg_size_pretty pg_typeof uuid_extract_timestamp uuid_extract_version uuidv4
        uuidv7""",
    "XML": """
        xmlcomment xmlexists xml_is_well_formed xml_is_well_formed_content xml_is_well_formed_document xpath
        xpath_exists""",
    "the session": """
        current_catalog current_database current_schema current_schemas current_setting current_user pg_backend_pid
        pg_client_encoding pg_is_in_recovery pg_my_temp_schema pg_postmaster_start_time session_user user version""",
    "the catalog": """
        aclexplode col_description format_type has_any_column_privilege has_column_privilege has_database_privilege
        has_function_privilege has_schema_privilege has_sequence_privilege has_table_privilege has_type_privilege
        obj_description oidvectortypes pg_blocking_pids pg_collation_for pg_collation_is_visible pg_database_size
        pg_describe_object pg_encoding_to_char pg_function_is_visible pg_get_constraintdef pg_get_expr
        pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result pg_get_functiondef
        pg_get_indexdef pg_get_partition_constraintdef pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence
        pg_get_statisticsobjdef pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_has_role
        pg_index_column_has_property pg_index_has_property pg_indexam_has_property pg_indexes_size
        pg_operator_is_visible pg_partition_ancestors pg_partition_root pg_partition_tree pg_relation_filenode
        pg_relation_is_updatable pg_relation_size pg_sequence_last_value pg_stat_get_live_tuples pg_table_is_visible
        pg_table_size pg_total_relation_size pg_type_is_visible row_security_active shobj_description to_regclass
        to_regnamespace to_regoper to_regoperator to_regproc to_regprocedure to_regrole to_regtype""",
}

ALLOWED_FUNCTIONS: Final = frozenset(" ".join(_FAMILIES.values()).split())
"""Names in `pg_catalog`. All overloads of each are harmless; none is `VOLATILE` but for random values and clocks."""

_EXTENSION_FUNCTIONS_WORDS = """
    crypt digest hmac dmetaphone levenshtein levenshtein_less_equal metaphone show_trgm similarity soundex
    strict_word_similarity unaccent uuid_generate_v1 uuid_generate_v4 word_similarity akeys avals hstore_to_json
    hstore_to_jsonb skeys svals subpath nlevel lca cosine_distance inner_product l2_distance l1_distance
    st_area st_asgeojson st_astext st_contains st_distance st_dwithin st_geomfromtext st_intersects st_length
    st_makepoint st_setsrid st_transform st_within st_x st_y
    """
EXTENSION_FUNCTIONS: Final = frozenset(_EXTENSION_FUNCTIONS_WORDS.split())
"""Harmless functions of well-known extensions; taken only where an extension owns every function of that name."""

SEQUENCE_FUNCTIONS: Final = frozenset({"currval", "lastval", "nextval"})
"""Beside the others in statements that may write."""

GROWING_FUNCTIONS: Final = {"repeat": 1, "lpad": 1, "rpad": 1, "array_fill": 1}
"""Functions that make something as large as they are told, and the 0-based argument which says how large."""

_ALLOWED_SETTINGS_WORDS = """
    application_name block_size client_encoding constraint_exclusion cpu_index_tuple_cost cpu_operator_cost
    cpu_tuple_cost datestyle default_statistics_target default_text_search_config default_transaction_isolation
    default_transaction_read_only deadlock_timeout effective_cache_size effective_io_concurrency enable_bitmapscan
    enable_hashagg enable_hashjoin enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin
    enable_nestloop enable_partition_pruning enable_seqscan enable_sort extra_float_digits from_collapse_limit fsync
    hash_mem_multiplier idle_in_transaction_session_timeout integer_datetimes intervalstyle is_superuser jit
    join_collapse_limit lc_collate lc_ctype lc_messages lc_monetary lc_numeric lc_time lock_timeout maintenance_work_mem
    max_connections max_identifier_length max_index_keys max_parallel_workers max_parallel_workers_per_gather
    max_worker_processes random_page_cost row_security search_path seq_page_cost server_encoding server_version
    server_version_num session_authorization shared_buffers standard_conforming_strings statement_timeout
    synchronous_commit temp_buffers temp_file_limit timezone track_activities transaction_isolation
    transaction_read_only wal_level work_mem xmlbinary xmloption
    """
ALLOWED_SETTINGS: Final = frozenset(_ALLOWED_SETTINGS_WORDS.split())
"""What `SHOW` and `current_setting` may tell: nothing that names files, commands, addresses or keys."""

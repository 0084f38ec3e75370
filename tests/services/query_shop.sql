CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent');
CREATE TABLE users (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    full_name text NOT NULL,
    hashed_password text NOT NULL,
    card_number bigint,
    email_verified boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
INSERT INTO users (email, full_name, hashed_password, card_number, created_at)
SELECT 'user' || n || '@example.com', 'User ' || n, 'plainhash' || n, 4111111111111111, '2024-01-01 12:00+00'::timestamptz + n * interval '1 day'
FROM generate_series(1, 20) AS n;
CREATE TABLE products (
    id serial PRIMARY KEY, name text NOT NULL, price numeric(10, 2) NOT NULL, tags text[] NOT NULL DEFAULT '{}',
    attributes jsonb NOT NULL DEFAULT '{}', valid daterange, body text NOT NULL DEFAULT '', picture bytea
);
INSERT INTO products (name, price, tags, attributes, valid, body, picture)
SELECT 'Product ' || n, n * 1.25, ARRAY['tag' || n % 3, 'all'],
       jsonb_build_object('color', CASE n % 2 WHEN 0 THEN 'red' ELSE 'blue' END, 'size', n, 'maker', jsonb_build_object('name', 'M' || n, 'email', 'm' || n || '@example.com')),
       daterange(date '2024-01-01' + n, date '2024-03-01' + n), 'The quick brown fox number ' || n || ' jumps over lazy dogs', '\x0102030405'
FROM generate_series(1, 10) AS n;
CREATE TABLE orders (
    id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, state order_state NOT NULL DEFAULT 'new',
    ordered_at timestamp NOT NULL, note text
);
INSERT INTO orders (user_id, state, ordered_at)
SELECT 1 + n % 20, (ARRAY['new', 'paid', 'sent'])[1 + n % 3]::order_state, timestamp '2024-02-01 08:00' + n * interval '6 hours'
FROM generate_series(1, 100) AS n;
CREATE TABLE order_items (order_id int REFERENCES orders, product_id int REFERENCES products, quantity int NOT NULL, PRIMARY KEY (order_id, product_id));
INSERT INTO order_items SELECT n, 1 + (n + m) % 10, 1 + (n * m) % 4 FROM generate_series(1, 100) AS n, generate_series(1, 3) AS m;
CREATE TABLE employees (id int PRIMARY KEY, name text NOT NULL, boss_id int REFERENCES employees, salary int NOT NULL);
INSERT INTO employees VALUES (1, 'Ada', NULL, 900), (2, 'Bob', 1, 700), (3, 'Cyd', 1, 650), (4, 'Dan', 2, 500), (5, 'Eve', 2, 500);
CREATE VIEW contacts AS SELECT id, email AS reach, full_name AS who FROM users;
CREATE FUNCTION bump() RETURNS int LANGUAGE plpgsql VOLATILE AS $$ BEGIN UPDATE orders SET note = 'bumped'; RETURN 1; END $$;
CREATE FUNCTION bump_all() RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$ BEGIN PERFORM nextval('orders_id_seq'); UPDATE orders SET note = 'bumped'; RETURN 1; END $$;
CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM bump(); RETURN 'mine'; END $$;
CREATE FUNCTION summary(orders) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM bump(); RETURN 'mine'; END $$;
CREATE FUNCTION add_and_write(int, text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN bump(); END $$;
CREATE OPERATOR @#@ (LEFTARG = int, RIGHTARG = text, FUNCTION = add_and_write);
CREATE TYPE login AS (name text, password text);
CREATE TABLE accounts (
    id int PRIMARY KEY, latest login, earlier login[], password text, shouted text GENERATED ALWAYS AS (upper(password)) STORED
);
INSERT INTO accounts (id, latest, earlier, password) VALUES (1, ('bob', 'plainhash7'), ARRAY[('bob', 'plainhash8')::login], 'plainhash9');
CREATE FUNCTION all_words() RETURNS TABLE (n int, word text) LANGUAGE sql STABLE AS 'SELECT id, password FROM accounts';
CREATE FUNCTION word_of(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT password FROM accounts WHERE id = $1';
CREATE FUNCTION is_open(int) RETURNS bool LANGUAGE sql STABLE AS 'SELECT true';
CREATE VIEW words AS SELECT * FROM all_words();
CREATE VIEW word AS SELECT id, word_of(id) AS w, is_open(id) AS o FROM accounts;
CREATE VIEW bumping AS SELECT bump() AS n;
CREATE VIEW bumping_all AS SELECT bump_all() AS n;
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'dblink') THEN CREATE EXTENSION dblink; END IF;
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'file_fdw') THEN
        CREATE EXTENSION file_fdw;
        CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
        CREATE FOREIGN TABLE host_users (line text) SERVER files OPTIONS (filename '/etc/passwd', delimiter E'\x01');
        CREATE VIEW host_lines AS SELECT line AS l FROM host_users;
        CREATE TABLE lines (line text) PARTITION BY LIST (line);
        CREATE FOREIGN TABLE log_lines PARTITION OF lines DEFAULT SERVER files OPTIONS (filename '/etc/passwd', delimiter E'\x01');
    END IF;
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN CREATE EXTENSION pg_trgm; END IF;
END $$;
ANALYZE;

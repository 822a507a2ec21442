-- What schema.sql calls that SQLite has and PostgreSQL 15 has not. Loaded before it; functions only.

-- The part of SQLite's strftime that schema.sql uses: a format, 'now' or a stored time, and one modifier.
CREATE OR REPLACE FUNCTION strftime(format text, moment text, modifier text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT replace(replace(replace(replace(replace(replace(format,
        '%Y', to_char(at, 'YYYY')), '%m', to_char(at, 'MM')), '%d', to_char(at, 'DD')),
        '%H', to_char(at, 'HH24')), '%M', to_char(at, 'MI')), '%f', to_char(at, 'SS.MS'))
    FROM (SELECT (CASE moment WHEN 'now' THEN now() ELSE moment::timestamptz END) AT TIME ZONE 'UTC'
                 + modifier::interval AS at) t
$$;

-- round(double, digits): PostgreSQL has it for numeric only.
CREATE OR REPLACE FUNCTION round(value double precision, digits integer) RETURNS double precision
LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.round(value::numeric, digits)::double precision $$;

-- group_concat(value, separator): NULL values are left out, no value at all gives NULL.
CREATE OR REPLACE FUNCTION group_concat_step(state text, value text, separator text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value IS NULL THEN state WHEN state IS NULL THEN value ELSE state || separator || value END
$$;
CREATE OR REPLACE AGGREGATE group_concat(text, text) (SFUNC = group_concat_step, STYPE = text);

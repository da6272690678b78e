-- A lock per patrol until the transaction ends, in one order.
SELECT pg_advisory_xact_lock(20061102, key)
FROM (
    SELECT DISTINCT hashtext(CAST(id AS text)) AS key
    FROM unnest(CAST(:patrol_ids AS uuid[])) AS id
    ORDER BY key
) AS keys

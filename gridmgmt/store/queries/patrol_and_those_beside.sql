-- Whose the patrol is and until when its fixes reach; whether its worker has another one in the same span of time.
SELECT
    patrol.worker_code AS owner,
    patrol.ended_at,
    EXISTS (
        SELECT 1
        FROM patrol AS other
        WHERE other.worker_code = :worker_code
          AND other.id <> :patrol_id
          AND other.started_at <= CAST(:last AS timestamptz) + interval '1 second'
          AND other.ended_at >= CAST(:first AS timestamptz) - interval '1 second'
    ) AS beside
FROM (SELECT CAST(:patrol_id AS uuid) AS id) AS asked
LEFT JOIN patrol ON patrol.id = asked.id

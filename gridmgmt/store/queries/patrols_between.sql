SELECT count(*) AS patrols, count(DISTINCT worker_code) AS workers
FROM patrol
WHERE started_at >= :start AND started_at < :end

-- After a batch: the patrol's span, that it has to be counted anew, and where its worker was last (only forward in time).
WITH stretched AS (
    UPDATE patrol
    SET started_at = least(started_at, :first),
        ended_at = greatest(ended_at, :last),
        stale = true
    WHERE id = :patrol_id
)
INSERT INTO latest_position AS known (worker_code, patrol_id, recorded_at, geom, accuracy_m, battery_percent)
VALUES (
    :worker_code, :patrol_id, :last, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326),
    CAST(:accuracy_m AS double precision), CAST(:battery_percent AS double precision)
)
ON CONFLICT (worker_code) DO UPDATE
SET patrol_id = excluded.patrol_id,
    recorded_at = excluded.recorded_at,
    received_at = now(),
    geom = excluded.geom,
    accuracy_m = excluded.accuracy_m,
    battery_percent = excluded.battery_percent
WHERE known.recorded_at < excluded.recorded_at

-- Raw points before a moment go, except those whose patrol still waits for its figures: what they add up to stays.
DELETE FROM track_point
USING patrol
WHERE patrol.id = track_point.patrol_id
  AND NOT patrol.stale
  AND track_point.recorded_at < :before

-- Raw points of patrols that ended before a moment go, except where a patrol still waits for its figures: what they add
-- up to stays. Patrols go whole, so that nobody counts what is left of half a walk.
DELETE FROM track_point
USING patrol
WHERE patrol.id = track_point.patrol_id
  AND NOT patrol.stale
  AND patrol.ended_at < :before
  AND track_point.recorded_at < :before

-- Patrols that have their figures, except where points came while they were counted: their rows have another version.
UPDATE patrol
SET stale = false
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS text[])) AS counted (id, version)
WHERE patrol.id = counted.id AND CAST(patrol.xmin AS text) = counted.version

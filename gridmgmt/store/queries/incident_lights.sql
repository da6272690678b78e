-- How many open incidents that concern a person are on time, due soon, overdue, or not timed.
SELECT lit.light,
       count(*) AS incidents
FROM incident
INNER JOIN incident_now AS stands ON stands.incident_id = incident.id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN stands.due_at IS NULL OR stands.warn_at IS NULL THEN 'none'
        WHEN CAST(:now AS timestamptz) > stands.due_at THEN 'red'
        WHEN CAST(:now AS timestamptz) >= stands.warn_at THEN 'yellow'
        ELSE 'green'
    END AS light
) AS lit
WHERE stands.open
  AND incident.deleted_at IS NULL
  AND (CAST(:everything AS boolean)
       OR incident.grid_code LIKE ANY (CAST(:area AS text[]))
       OR stands.holder LIKE ANY (CAST(:area AS text[]))
       OR EXISTS (
           SELECT FROM unnest(CAST(:departments AS text[]), CAST(:department_areas AS text[])) AS mine (code, scope)
           WHERE mine.code = stands.holder
             AND CASE WHEN incident.grid_code IS NULL THEN length(mine.scope) <= 6
                      ELSE starts_with(incident.grid_code, mine.scope) END)
       OR incident.reporter_id = CAST(:me AS uuid)
       OR incident.first_asked = CAST(:worker_code AS text))
GROUP BY lit.light

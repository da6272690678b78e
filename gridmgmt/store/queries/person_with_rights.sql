-- A living account, a row per right in force on a day (one row with no role where it has none): those given to it, its
-- worker's in each grid the worker is appointed to, and the same of whom it stands in for, while it does.
SELECT
    person.id,
    person.name,
    person.display_name,
    person.worker_code,
    person.password_due,
    held.role,
    held.department_code,
    held.scope_code,
    held.valid_from,
    held.valid_to,
    held.absent_id
FROM person
LEFT JOIN LATERAL (
    SELECT
        own.role,
        own.department_code,
        own.scope_code,
        coalesce(holder.valid_from, own.valid_from) AS valid_from,
        coalesce(holder.valid_to, own.valid_to) AS valid_to,
        holder.absent_id
    FROM (
        SELECT person.id, person.worker_code, NULL::uuid AS absent_id, NULL::date AS valid_from, NULL::date AS valid_to
        UNION ALL
        SELECT absent.id, absent.worker_code, absent.id, stand_in.valid_from, stand_in.valid_to
        FROM stand_in
        INNER JOIN person AS absent ON absent.id = stand_in.absent_id
        WHERE stand_in.substitute_id = person.id AND stand_in.valid_from <= :day AND stand_in.valid_to > :day
    ) AS holder
    CROSS JOIN LATERAL (
        SELECT role, department_code, coalesce(scope_code, '') AS scope_code, valid_from, valid_to
        FROM role_grant
        WHERE person_id = holder.id
        UNION ALL
        SELECT 'worker', NULL, grid_code, valid_from, valid_to
        FROM worker_grid
        WHERE worker_code = holder.worker_code
    ) AS own
    WHERE own.valid_from <= :day AND (own.valid_to IS NULL OR own.valid_to > :day)
) AS held ON true
WHERE person.id = :person_id AND person.disabled_at IS NULL

-- What each worker who is in charge of a grid of the area, or walked in one, did on each day.
with led as (
    select distinct worker_code
    from worker_grid
    where grid_code like any (cast(:area as text[]))
      and valid_from <= :last and (valid_to is null or valid_to > :first)
    union
    select distinct patrol.worker_code
    from patrol_time
    join patrol on patrol.id = patrol_time.patrol_id
    where patrol_time.day between :first and :last
      and patrol_time.grid_code like any (cast(:area as text[]))
), own as (
    select patrol_time.patrol_id, patrol_time.day, sum(patrol_time.seconds) as seconds
    from patrol_time
    join patrol on patrol.id = patrol_time.patrol_id
    join worker_grid
      on worker_grid.worker_code = patrol.worker_code
     and worker_grid.grid_code = patrol_time.grid_code
     and worker_grid.valid_from <= patrol_time.day
     and (worker_grid.valid_to is null or worker_grid.valid_to > patrol_time.day)
    where patrol_time.day between :first and :last
    group by patrol_time.patrol_id, patrol_time.day
), others as (
    select patrol_id, day, sum(seconds) as seconds
    from patrol_time
    where day between :first and :last
    group by patrol_id, day
)
select worker.code as worker_code, worker.name, patrol_day.day,
       count(patrol_day.patrol_id) as patrols,
       coalesce(sum(patrol_day.distance_m), 0) as distance_m,
       coalesce(sum(patrol_day.moving_s), 0) as moving_s,
       coalesce(sum(patrol_day.stop_s), 0) as stop_s,
       coalesce(sum(own.seconds), 0) as own_grid_s,
       coalesce(sum(others.seconds), 0) - coalesce(sum(own.seconds), 0) as other_grid_s,
       coalesce(sum(patrol_day.off_grid_s), 0) as off_grid_s,
       coalesce(sum(patrol_day.fixes), 0) as fixes,
       coalesce(sum(patrol_day.kept), 0) as kept
from led
join worker on worker.code = led.worker_code
left join patrol on patrol.worker_code = worker.code
left join patrol_day on patrol_day.patrol_id = patrol.id and patrol_day.day between :first and :last
left join own on own.patrol_id = patrol_day.patrol_id and own.day = patrol_day.day
left join others on others.patrol_id = patrol_day.patrol_id and others.day = patrol_day.day
where cast(:worker_code as text) is null or worker.code = :worker_code
group by worker.code, worker.name, patrol_day.day
order by worker.code, patrol_day.day

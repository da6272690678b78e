-- Patrols, workers and time in each grid from one day to another.
select patrol_time.grid_code,
       count(distinct patrol_time.patrol_id) as patrols,
       count(distinct patrol.worker_code) as workers,
       sum(patrol_time.seconds) as seconds
from patrol_time
join patrol on patrol.id = patrol_time.patrol_id
where patrol_time.day between :first and :last
  and patrol_time.grid_code = any (cast(:grid_codes as text[]))
group by patrol_time.grid_code

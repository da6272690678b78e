-- The raw fixes of patrols that no other patrol of the worker told before, in the columns that cleaning reads. A patrol
-- goes by its place among those asked for, from 0: numbers are read and grouped quicker than ids.
select cast(asked.place - 1 as int) as patrol, cast(extract(epoch from recorded_at) * 1000000 as bigint) as time_us,
       st_x(geom) as lon, st_y(geom) as lat, accuracy_m as accuracy, source, segment, mock
from unnest(cast(:patrol_ids as uuid[])) with ordinality as asked (patrol_id, place)
join track_point on track_point.patrol_id = asked.patrol_id
where not twin
order by asked.place

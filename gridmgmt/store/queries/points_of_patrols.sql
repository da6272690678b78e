-- The raw fixes of patrols that no other patrol of the worker told before, in the columns that cleaning reads.
select patrol_id, cast(extract(epoch from recorded_at) * 1000000 as bigint) as time_us, st_x(geom) as lon, st_y(geom) as lat, accuracy_m as accuracy, source, segment,
       mock
from track_point
where patrol_id = any (cast(:patrol_ids as uuid[])) and not twin
order by patrol_id

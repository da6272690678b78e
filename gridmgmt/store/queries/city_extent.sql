-- West, south, east, north of everything that has ever been a district, else of all streets.
select st_xmin(box) as west, st_ymin(box) as south, st_xmax(box) as east, st_ymax(box) as north
from (
    select coalesce(
        (select st_extent(geom) from boundary where level = 'district'),
        (select st_extent(geom) from street)
    ) as box
) as extent
where box is not null

-- The union of what was walked of each street from one day to another, in mm along the street.
select street_code, lower(stretch) as start_mm, upper(stretch) as end_mm
from (
    select street_code, unnest(range_agg(covered)) as stretch
    from street_walk
    where day between :first and :last
      and street_code = any (cast(:street_codes as text[]))
    group by street_code
) as walked

-- The days on which a level's boundaries changed: between two of them every day has the same ones.
select valid_from as day from boundary where level = :level
union
select valid_to from boundary where level = :level and valid_to is not null
order by day

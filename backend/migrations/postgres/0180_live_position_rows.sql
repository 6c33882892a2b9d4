-- Who is near a place is asked for every alert and call for help. By rows of a hundredth of a degree of latitude, and by
-- longitude within one, an entry or two is read for each person found; by latitude alone it was the whole width of a city.
DROP INDEX live_position_place;
CREATE INDEX live_position_place ON live_position ((CAST(trunc(lat * 100) AS INTEGER)), lon, lat);

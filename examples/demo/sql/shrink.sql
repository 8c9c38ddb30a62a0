-- Every other city goes, then the database is rebuilt without the gaps.
DELETE FROM city WHERE id % 2;
VACUUM;

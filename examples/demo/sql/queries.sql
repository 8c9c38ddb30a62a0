-- The comment above a statement is the title under which the demo shows its rows. Every ORDER BY ends in
-- something unique, so that the rows come in one order everywhere.

-- Cities and people by continent
SELECT country.continent, count(*) AS cities, sum(population) AS people, round(avg(population), 1) AS average,
       max(population) AS largest
FROM city JOIN country ON country.code = city.country
GROUP BY country.continent ORDER BY people DESC, country.continent;

-- The ten largest cities
SELECT city.name, country.name AS country, population
FROM city JOIN country ON country.code = city.country
ORDER BY population DESC, id LIMIT 10;

-- Countries with the most places called San … or Santa …
SELECT country.name AS country, count(*) AS places, min(city.name) AS first, max(city.name) AS last
FROM city JOIN country ON country.code = city.country
WHERE city.name LIKE 'San %' OR city.name LIKE 'Santa %'
GROUP BY country.code ORDER BY places DESC, country.code LIMIT 6;

-- The names most countries share
SELECT name, count(DISTINCT country) AS countries, count(*) AS cities, sum(population) AS people
FROM city GROUP BY name ORDER BY countries DESC, cities DESC, name LIMIT 6;

-- The cities of more than a million people nearest to Reykjavík (distances computed from the blobs)
SELECT city.name, city.country, distance_km(city.place, home.place) AS km
FROM city, (SELECT place FROM city WHERE name = 'Reykjavík') AS home
WHERE population > 1000000 ORDER BY km, city.id LIMIT 6;

-- The largest city of each continent and its share of the people counted there
SELECT continent, name, country, population, round(100.0 * population / total, 2) AS percent
FROM (SELECT city.*, country.continent, sum(population) OVER (PARTITION BY continent) AS total,
             row_number() OVER (PARTITION BY continent ORDER BY population DESC, city.id) AS place_number
      FROM city JOIN country ON country.code = city.country)
WHERE place_number = 1 ORDER BY population DESC, id;

-- One long text: every name in alphabetical order, joined
SELECT length(names) AS characters, length(CAST(names AS BLOB)) AS bytes, substr(names, 1, 24) AS start
FROM (SELECT group_concat(name, ', ') AS names FROM (SELECT name FROM city ORDER BY name, id));

-- Three blobs, as they are stored
SELECT name, place FROM city WHERE id IN (2950159, 2643743, 1850147) ORDER BY id;

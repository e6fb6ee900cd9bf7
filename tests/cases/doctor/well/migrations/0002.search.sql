create extension if not exists "no-such-extension";

comment on table "Übersicht" is 'Ärger';
comment on column "Übersicht"."größe" is 'mit
Umbruch';

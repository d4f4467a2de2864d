-- The roles that a transaction takes. None of them logs in, owns anything or passes row-level security.
-- `:runtime` is the runtime's login: it may take them, and inherits nothing from them.
do $$
declare
  role_name text;
begin
  -- Roles belong to the whole cluster; two migrations of two databases may make them at the same time.
  perform pg_advisory_xact_lock(4543055);
  foreach role_name in array array['tenant', 'system', 'door'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      execute format('create role %I nologin nosuperuser nobypassrls nocreatedb nocreaterole', role_name);
    end if;
  end loop;
end
$$;

grant tenant, system, door to :runtime with inherit false, set true;

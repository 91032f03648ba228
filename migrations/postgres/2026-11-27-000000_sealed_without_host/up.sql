-- Days and month tables of the old form held the address under which the service ran then. They are made anew from the journal,
-- without an address. Releases of the old form stay as they were sealed, and are known by their address.
DELETE FROM month_tables;
DELETE FROM days;
ALTER TABLE days DROP COLUMN public_url;

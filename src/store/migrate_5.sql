-- 4 -> 5: what browsers said is marked link by link; it was marked on the person, by kind.
ALTER TABLE link ADD COLUMN said INTEGER NOT NULL DEFAULT 0;
UPDATE link SET said = 1 WHERE EXISTS (
    SELECT 1 FROM person WHERE person.id = link.person AND (person.flags >> (8 + link.kind)) & 1
    AND link.value = json_extract(person.who, CASE link.kind WHEN 1 THEN '$.who.email'
        WHEN 2 THEN '$.who.phone' ELSE '$.who.customer_id' END));
UPDATE person SET flags = flags & 255;

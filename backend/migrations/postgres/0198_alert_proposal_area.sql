-- A warning drawn around one community is proposed for the people inside it. Which one is found when the warning comes.
ALTER TABLE alert_proposal ADD COLUMN audience_area_id UUID REFERENCES area (id);

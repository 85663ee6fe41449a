"""Apple: push certificate, enrolment programme, profiles, devices, Company Portal."""

/* The checks of bk doctor; for job/doctor*.c. */

#ifndef BK_JOB_DOCTOR_CHECKS_H
#define BK_JOB_DOCTOR_CHECKS_H

#include "job/doctor.h"

/* What is told about one thing. */
struct bk_patient {
	struct bk_doctor *doctor;
	const char *check, *where;
};

/* `next` is what to do, or NULL. */
void bk_doctor_tell(const struct bk_patient *patient,
		    enum bk_finding_level level, const char *next,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

void bk_doctor_files(struct bk_doctor *doctor);  /* permissions */
void bk_doctor_stores(struct bk_doctor *doctor); /* users */
void bk_doctor_places(struct bk_doctor *doctor); /* TLS, space, clocks */
void bk_doctor_jobs(struct bk_doctor *doctor);   /* schedules, last runs */

#endif

/* All checks, one after the other: see doctor.h. */

#include "job/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/cancel.h"
#include "job/doctor_checks.h"

void bk_doctor_tell(const struct bk_patient *patient,
		    enum bk_finding_level level, const char *next,
		    const char *fmt, ...)
{
	struct bk_doctor *doctor = patient->doctor;
	char what[BK_ERR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	const struct bk_finding finding = {level, patient->check,
					   patient->where, what, next};
	switch (level) {
	case BK_FINDING_FINE:
		doctor->fine++;
		break;
	case BK_FINDING_NOTE:
		doctor->notes++;
		break;
	case BK_FINDING_WRONG:
		doctor->wrong++;
		break;
	}
	doctor->tell(doctor->arg, &finding);
}

int bk_doctor_run(struct bk_doctor *doctor, struct bk_err *err)
{
	static void (*const checks[])(struct bk_doctor * doctor) = {
		bk_doctor_files,
		bk_doctor_stores,
		bk_doctor_places,
		bk_doctor_jobs,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		if (bk_cancelled(err) < 0)
			return -1;
		checks[i](doctor);
	}
	return bk_cancelled(err);
}

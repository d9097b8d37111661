/* What `ls -l` says of times, and how old that is at least. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "target/ls_line.h"

static struct bk_ls_time time_of(const char *text)
{
	char *line = bk_asprintf("-rw------- 1 a b 5 %s x.part", text);
	struct bk_view view = {(const uint8_t *)line, strlen(line)};
	struct bk_ls_time when = {0};
	struct bk_entry entry;
	struct bk_err err = {0};

	if (bk_ls_line_dated(view, &entry, &when, &err) != 1)
		fail_msg("%s: %s", text, err.text);
	free(line);
	return when;
}

#define HOUR 3600
#define DAY  (24 * HOUR)

/* A day less than it looks, for nobody says where the server is. */
static void an_age_is_what_it_is_at_least(void **state)
{
	static const struct {
		const char *now, *when;
		int64_t age_s;
	} cases[] = {
		{"Nov 22 06:20", "Nov 22 06:20", 0                  },
		{"Nov 22 06:20", "Nov 21 06:20", 0                  },
		{"Nov 22 06:20", "Nov 14 06:20", 7 * DAY            },
		{"Nov 22 06:20", "Nov  1 00:20", 20 * DAY + 6 * HOUR},
		{"Nov 22 06:20", "Nov 22 23:00", 0                  },
		{"Jan  2 00:00", "Dec 30 00:00", 2 * DAY            },
		{"Mar  1 12:00", "Feb 29 12:00", 0                  },
		{"Jan  1 00:00", "Aug  1 00:00", 152 * DAY          },
		{"Nov 22 06:20", "Nov 22  2025", 180 * DAY          },
		{"Nov 22  2025", "Jan  1 00:00", 0                  },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bk_ls_time now = time_of(cases[i].now);
		struct bk_ls_time when = time_of(cases[i].when);
		int64_t age = bk_ls_age(&when, &now);
		if (age != cases[i].age_s)
			fail_msg("%s at %s: %jd", cases[i].when, cases[i].now,
				 (intmax_t)age);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_age_is_what_it_is_at_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

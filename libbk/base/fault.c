/* Pulling the plug at a place of the test's choice: see fault.h. */

#include "base/fault.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned long long fault_at;
static bool fault_list;
static _Atomic unsigned long long passed;

static void read_environment(void)
{
	const char *at = getenv("BK_FAULT_AT");
	const char *list = getenv("BK_FAULT_LIST");

	fault_list = list && *list && *list != '0';
	if (!at || !*at)
		return;
	char *end;
	fault_at = strtoull(at, &end, 10);
	if (*end || *at < '0' || *at > '9') {
		(void)fprintf(stderr, "BK_FAULT_AT=%s is no number\n", at);
		abort();
	}
}

void bk_fault_pass(const char *place)
{
	(void)pthread_once(&once, read_environment);
	unsigned long long n = atomic_fetch_add(&passed, 1) + 1;
	if (fault_list)
		(void)dprintf(STDERR_FILENO, "fault %llu: %s\n", n, place);
	if (n == fault_at)
		_exit(BK_FAULT_STATUS);
}

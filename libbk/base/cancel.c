/* The flag that stops a run: see cancel.h. */

#include "base/cancel.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/* Lock-free, so a handler may touch it. */
static atomic_bool wanted;
static _Thread_local bool deferred;

/* SA_RESETHAND is per signal: the second one has to find none caught. */
static void note(int number)
{
	(void)number;
	if (atomic_exchange(&wanted, true)) {
		(void)signal(number, SIG_DFL);
		(void)raise(number);
	}
}

void bk_cancel_catch(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = note};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct sigaction old;
		/* Under nohup and in background jobs of sh they stay ignored.
		 */
		if (sigaction(numbers[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		(void)sigaction(numbers[i], &action, NULL);
	}
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigaction(SIGXFSZ, &action, NULL);
}

void bk_cancel(void)
{
	atomic_store(&wanted, true);
}

bool bk_cancel_wanted(void)
{
	return !deferred && atomic_load_explicit(&wanted, memory_order_relaxed);
}

void bk_cancel_defer(bool defer)
{
	deferred = defer;
}

int bk_cancelled(struct bk_err *err)
{
	return bk_cancel_wanted() ? bk_fail(err, BK_CANCELLED, "interrupted")
				  : 0;
}

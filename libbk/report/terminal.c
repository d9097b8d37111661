/* Progress and summary for people: see terminal.h. */

#include "report/terminal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/escape.h"
#include "report/line.h"
#include "report/move_line.h"
#include "report/pace.h"
#include "report/problems.h"
#include "report/summary.h"
#include "report/ticker.h"

#define LIVE_MS       100
#define PLAIN_MS      60000
#define WIDTH_UNKNOWN 80
#define ERASE         "\r\x1b[K"

struct terminal {
	struct bk_progress progress;
	struct bk_terminal_options options;
	struct bk_ticker *ticker; /* while the run goes on */
	pthread_mutex_t lock;     /* of all that follows, and of the streams */
	struct bk_totals totals;
	struct bk_pace pace;
	struct bk_problems problems;
	char *account;
	bool drawn; /* the display is on the screen */
	bool finished;
	struct bk_buf line;
};

static struct terminal *of(struct bk_progress *progress)
{
	return (struct terminal *)progress;
}

static size_t width_of(const struct terminal *terminal)
{
	struct winsize size = {0};
	int fd = fileno(terminal->options.talk);

	if (fd < 0 || ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return WIDTH_UNKNOWN;
	return size.ws_col;
}

static void format_line(struct terminal *terminal, bool live)
{
	const struct bk_progress *progress = &terminal->progress;
	struct bk_line line = {
		.done = {.accounts = atomic_load(&progress->accounts),
			 .messages = atomic_load(&progress->messages),
			 .bytes = atomic_load(&progress->bytes)},
		.totals = terminal->totals,
		.errors = atomic_load(&progress->errors),
		.account = live ? terminal->account : NULL,
		.color = terminal->options.color_talk,
	};

	bk_pace_update(&terminal->pace, bk_clock_monotonic_ms(),
		       line.done.bytes);
	line.rate = terminal->pace.rate;
	line.left_s = bk_pace_left(&terminal->pace, &line.done, &line.totals);
	/* The last column stays free: some terminals wrap when it is used. */
	bk_line_format(&terminal->line, &line,
		       live ? width_of(terminal) - 1 : SIZE_MAX);
}

/* One write, so that nothing of somebody else's comes between. */
static void put_line(struct terminal *terminal)
{
	(void)fwrite(terminal->line.data, 1, terminal->line.len,
		     terminal->options.talk);
	(void)fflush(terminal->options.talk);
}

static void draw(struct terminal *terminal)
{
	terminal->line.len = 0;
	bk_buf_printf(&terminal->line, "\r");
	format_line(terminal, true);
	bk_buf_printf(&terminal->line, "\x1b[K");
	put_line(terminal);
	terminal->drawn = true;
}

static void erase(struct terminal *terminal)
{
	if (!terminal->drawn)
		return;
	(void)fputs(ERASE, terminal->options.talk);
	(void)fflush(terminal->options.talk);
	terminal->drawn = false;
}

static void tick(void *data)
{
	struct terminal *terminal = data;

	(void)pthread_mutex_lock(&terminal->lock);
	if (terminal->options.style == BK_TERMINAL_LIVE) {
		draw(terminal);
	} else {
		terminal->line.len = 0;
		bk_buf_printf(&terminal->line, "%s: ", terminal->options.tool);
		format_line(terminal, false);
		bk_buf_printf(&terminal->line, "\n");
		put_line(terminal);
	}
	(void)pthread_mutex_unlock(&terminal->lock);
}

/* The act before has told all of itself. */
static void begin_anew(struct terminal *terminal)
{
	bk_progress_reset(&terminal->progress);
	bk_problems_clear(&terminal->problems);
	terminal->pace = (struct bk_pace){0};
	terminal->finished = false;
}

static void start(struct bk_progress *to, const struct bk_run *run)
{
	struct terminal *terminal = of(to);
	const struct bk_terminal_options *options = &terminal->options;
	unsigned interval_ms = options->interval_ms;

	(void)pthread_mutex_lock(&terminal->lock);
	if (terminal->finished)
		begin_anew(terminal);
	terminal->totals = run->totals;
	bk_pace_update(&terminal->pace, bk_clock_monotonic_ms(), 0);
	if (!interval_ms)
		interval_ms =
			options->style == BK_TERMINAL_LIVE ? LIVE_MS : PLAIN_MS;
	if (options->style != BK_TERMINAL_NONE && !options->quiet &&
	    !terminal->ticker)
		terminal->ticker = bk_ticker_start(interval_ms, tick, terminal);
	(void)pthread_mutex_unlock(&terminal->lock);
}

static void totals(struct bk_progress *to, const struct bk_totals *totals)
{
	struct terminal *terminal = of(to);

	(void)pthread_mutex_lock(&terminal->lock);
	terminal->totals = *totals;
	(void)pthread_mutex_unlock(&terminal->lock);
}

static void account(struct bk_progress *to, const char *address)
{
	struct terminal *terminal = of(to);

	(void)pthread_mutex_lock(&terminal->lock);
	free(terminal->account);
	terminal->account = bk_strdup(address);
	(void)pthread_mutex_unlock(&terminal->lock);
}

static void item_error(struct bk_progress *to,
		       const struct bk_item_error *error)
{
	struct terminal *terminal = of(to);

	(void)pthread_mutex_lock(&terminal->lock);
	bk_problems_add(&terminal->problems, error);
	(void)pthread_mutex_unlock(&terminal->lock);
}

static void warning(struct bk_progress *to, const char *text)
{
	struct terminal *terminal = of(to);

	(void)pthread_mutex_lock(&terminal->lock);
	bool redraw = terminal->drawn;
	terminal->line.len = 0;
	bk_buf_printf(&terminal->line, "%s%s: ", redraw ? ERASE : "",
		      terminal->options.tool);
	bk_escape(&terminal->line, text, strlen(text));
	bk_buf_printf(&terminal->line, "\n");
	put_line(terminal);
	if (redraw)
		draw(terminal);
	(void)pthread_mutex_unlock(&terminal->lock);
}

static void note(struct bk_progress *to, const char *text)
{
	if (!of(to)->options.quiet)
		warning(to, text);
}

static void target(struct bk_progress *to,
		   const struct bk_target_report *report)
{
	struct terminal *terminal = of(to);
	const struct bk_terminal_options *options = &terminal->options;
	bool good = report->state == BK_TARGET_COMPLETE ||
		    report->state == BK_TARGET_PLANNED;

	/* That is what the line of progress says, of all of them. */
	if (report->state == BK_TARGET_UNDER_WAY || (options->quiet && good))
		return;
	(void)pthread_mutex_lock(&terminal->lock);
	erase(terminal);
	if (options->quiet)
		bk_target_print(report, options->color_talk, options->talk);
	else
		bk_target_print(report, options->color_results,
				options->results);
	(void)fflush(options->results);
	(void)fflush(options->talk);
	(void)pthread_mutex_unlock(&terminal->lock);
}

static void moved(struct bk_progress *to, const struct bk_move_report *report)
{
	struct terminal *terminal = of(to);
	const struct bk_terminal_options *options = &terminal->options;

	/* What failed is told of at the end, with what to do. */
	if (options->quiet)
		return;
	(void)pthread_mutex_lock(&terminal->lock);
	erase(terminal);
	bk_move_print(report, options->color_results, options->results);
	(void)fflush(options->results);
	(void)pthread_mutex_unlock(&terminal->lock);
}

void bk_terminal_around(void *data, int after)
{
	struct terminal *terminal = data;

	if (!after) {
		(void)pthread_mutex_lock(&terminal->lock);
		erase(terminal);
	} else {
		(void)pthread_mutex_unlock(&terminal->lock);
	}
}

/* The display is over: no tick comes any more, and the line is free. */
static void end_display(struct terminal *terminal)
{
	(void)pthread_mutex_lock(&terminal->lock);
	struct bk_ticker *ticker = terminal->ticker;
	terminal->ticker = NULL;
	(void)pthread_mutex_unlock(&terminal->lock);
	bk_ticker_stop(ticker);
	(void)pthread_mutex_lock(&terminal->lock);
	erase(terminal);
	(void)pthread_mutex_unlock(&terminal->lock);
}

static void finish(struct bk_progress *to, const struct bk_summary *summary)
{
	struct terminal *terminal = of(to);
	const struct bk_terminal_options *options = &terminal->options;
	bool good = (summary->result == BK_RESULT_COMPLETE ||
		     summary->result == BK_RESULT_PLANNED) &&
		    !summary->errors && !terminal->problems.n;

	end_display(terminal);
	(void)pthread_mutex_lock(&terminal->lock);
	terminal->finished = true;
	bk_problems_print(&terminal->problems, options->talk);
	(void)fflush(options->talk);
	if (!options->quiet)
		bk_summary_print(summary, options->color_results,
				 options->results);
	else if (!good)
		bk_summary_print(summary, options->color_talk, options->talk);
	(void)fflush(options->results);
	(void)fflush(options->talk);
	(void)pthread_mutex_unlock(&terminal->lock);
}

static const struct bk_progress_ops ops = {
	.start = start,
	.totals = totals,
	.account = account,
	.item_error = item_error,
	.note = note,
	.warning = warning,
	.target = target,
	.moved = moved,
	.finish = finish,
};

struct bk_progress *bk_terminal_new(const struct bk_terminal_options *options)
{
	struct terminal *terminal = bk_alloc(sizeof(*terminal));

	terminal->progress.ops = &ops;
	terminal->options = *options;
	(void)pthread_mutex_init(&terminal->lock, NULL);
	return &terminal->progress;
}

void bk_terminal_free(struct bk_progress *progress)
{
	struct terminal *terminal = of(progress);

	if (!progress)
		return;
	end_display(terminal);
	if (!terminal->finished) {
		bk_problems_print(&terminal->problems, terminal->options.talk);
		(void)fflush(terminal->options.talk);
	}
	bk_problems_clear(&terminal->problems);
	bk_buf_clear(&terminal->line);
	(void)pthread_mutex_destroy(&terminal->lock);
	free(terminal->account);
	free(terminal);
}

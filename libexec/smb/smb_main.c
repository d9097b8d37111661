/*
 * bk-smb: speaks SMB for a tool of bk, over a socket and shared memory that it
 * is started with: see target/smb_wire.h.  Nobody starts it by hand.
 */

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smb/smb_acts.h"

/*
 * Who started us may end in the middle of something that takes long, or hangs.
 * PR_SET_PDEATHSIG would come at the end of the thread that started us, and
 * others go on to use this process.
 */
static void *await_end(void *unused)
{
	struct pollfd fds = {BK_SMB_SOCKET_FD, 0, 0};

	(void)unused;
	while (poll(&fds, 1, -1) <= 0)
		;
	_exit(0);
}

/* Our own signals, our own memory: the password is in it. */
static int prepare(struct smb_asker *asker)
{
	pthread_t thread;
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	/* The one that started us decides what these mean. */
	(void)sigaction(SIGINT, &ignore, NULL);
	(void)sigaction(SIGTERM, &ignore, NULL);
	(void)sigaction(SIGHUP, &ignore, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	void *at = mmap(NULL, BK_SMB_SLOTS * BK_SMB_SLOT,
			PROT_READ | PROT_WRITE, MAP_SHARED, BK_SMB_SLOTS_FD, 0);
	if (at == MAP_FAILED)
		return -1;
	asker->slots = at;
	asker->wire.fd = BK_SMB_SOCKET_FD;
	asker->wire.timeout_ms = -1;
	asker->wire.room = bk_alloc(BK_SMB_MESSAGE_MAX);
	return pthread_create(&thread, NULL, await_end, NULL) ? -1 : 0;
}

static int log_in(struct smb_session *session, struct smb_asker *asker,
		  struct bk_cursor *fields, struct bk_err *err)
{
	int rc = smb_session_open(session, fields, err);

	explicit_bzero(asker->wire.room, BK_SMB_MESSAGE_MAX);
	return rc < 0 ? -1 : bk_smb_say(&asker->wire, BK_SMB_DONE, err);
}

static const struct {
	enum bk_smb_type type;
	int (*run)(struct smb_session *session, struct smb_asker *asker,
		   struct bk_cursor *fields, struct bk_err *err);
} acts[] = {
	{BK_SMB_LIST,   smb_act_list  },
        {BK_SMB_STAT,   smb_act_stat  },
	{BK_SMB_CLOCK,  smb_act_clock },
        {BK_SMB_REMOVE, smb_act_remove},
	{BK_SMB_GET,    smb_act_get   },
        {BK_SMB_PUT,    smb_act_put   },
};

static int act(struct smb_session *session, struct smb_asker *asker,
	       enum bk_smb_type type, struct bk_cursor *fields,
	       struct bk_err *err)
{
	if (type == BK_SMB_OPEN)
		return log_in(session, asker, fields, err);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (session->base && acts[i].type == type)
			return acts[i].run(session, asker, fields, err);
	return bk_fail(err, BK_FAILED, "bk-smb: no such request");
}

static int say_failed(struct smb_asker *asker, const struct bk_err *why)
{
	struct bk_buf message = {0};
	struct bk_err err = {0};

	bk_buf_add_u8(&message, BK_SMB_FAILED);
	bk_buf_add_u8(&message, (uint8_t)why->kind);
	bk_buf_add_string(&message, why->text);
	int rc = bk_smb_send(&asker->wire, &message, &err);
	bk_buf_clear(&message);
	return rc;
}

/* Nothing is done with what still comes for a blob that failed: who sends it
 * is to find our answer, and not a closed socket. */
static void await_close(struct smb_asker *asker)
{
	struct bk_err err = {0};
	struct bk_cursor fields;
	enum bk_smb_type type;

	while (bk_smb_receive(&asker->wire, &type, &fields, &err) > 0)
		;
}

/* One request after the other. */
static void serve(struct smb_session *session, struct smb_asker *asker)
{
	for (;;) {
		struct bk_err err = {0};
		struct bk_cursor fields;
		enum bk_smb_type type;
		if (bk_smb_receive(&asker->wire, &type, &fields, &err) <= 0)
			return;
		/* The last FREE of a get whose end was said already. */
		if (type == BK_SMB_FREE)
			continue;
		session->moved = false;
		if (act(session, asker, type, &fields, &err) == 0)
			continue;
		if (say_failed(asker, &err) < 0)
			return;
		if (session->moved)
			await_close(asker);
	}
}

int main(void)
{
	struct smb_session session = {0};
	struct smb_asker asker = {0};
	socklen_t len = sizeof(int);
	int kind = 0;

	if (getsockopt(BK_SMB_SOCKET_FD, SOL_SOCKET, SO_TYPE, &kind, &len) <
		    0 ||
	    kind != SOCK_SEQPACKET) {
		(void)fputs(
			"bk-smb: the tools of bk start it; it does nothing "
			"by itself\n",
			stderr);
		return 2;
	}
	if (prepare(&asker) < 0)
		return 1;
	serve(&session, &asker);
	/* What libsmbclient would tidy up takes time and serves nobody. */
	_exit(0);
}

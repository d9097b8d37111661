/* Reading S3's XML: see s3_xml.h. */

#include "target/s3_xml.h"

#include <stdlib.h>
#include <string.h>

#define TOTAL_MAX ((size_t)16 << 20)
#define TEXT_MAX  ((size_t)8 << 10)

/* The first error counts; expat stops at the next turn. */
static void stop(struct bk_s3_xml *xml, const char *why)
{
	if (xml->err.kind == BK_OK)
		bk_fail(&xml->err, BK_CORRUPT, "the server's answer %s", why);
	(void)XML_StopParser(xml->parser, XML_FALSE);
}

static void begin_element(void *arg, const char *name, const char **attributes)
{
	struct bk_s3_xml *xml = arg;
	size_t len = strlen(name);

	(void)attributes;
	if (xml->depth == BK_S3_XML_DEPTH ||
	    xml->path_len + len + 2 > sizeof(xml->path)) {
		stop(xml, "is nested too deep");
		return;
	}
	if (xml->depth)
		xml->path[xml->path_len++] = '/';
	memcpy(xml->path + xml->path_len, name, len + 1);
	xml->path_len += len;
	xml->texts[xml->depth++].len = 0;
}

static void end_element(void *arg, const char *name)
{
	struct bk_s3_xml *xml = arg;
	size_t len = strlen(name);

	/* After a stop, expat may still report what ends in the same tag. */
	if (xml->err.kind != BK_OK || xml->depth == 0)
		return;
	const char *text = bk_buf_text(&xml->texts[--xml->depth]);
	if (xml->ended(xml->arg, xml->path, text, &xml->err) < 0)
		(void)XML_StopParser(xml->parser, XML_FALSE);
	xml->path_len -= xml->depth ? len + 1 : len;
	xml->path[xml->path_len] = 0;
}

static void take_text(void *arg, const char *text, int len)
{
	struct bk_s3_xml *xml = arg;

	if (xml->depth == 0 || xml->err.kind != BK_OK)
		return;
	struct bk_buf *into = &xml->texts[xml->depth - 1];
	if (into->len + (size_t)len > TEXT_MAX)
		stop(xml, "has a text that is too long");
	else
		bk_buf_add(into, text, (size_t)len);
}

static void refuse_doctype(void *arg, const char *name, const char *system_id,
			   const char *public_id, int internal)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	stop(arg, "has a document type, which S3 has not");
}

static int feed(struct bk_s3_xml *xml, const char *data, size_t len, bool last,
		struct bk_err *err)
{
	if (xml->err.kind == BK_OK &&
	    XML_Parse(xml->parser, data, (int)len, last) == XML_STATUS_ERROR &&
	    xml->err.kind == BK_OK) {
		enum XML_Error code = XML_GetErrorCode(xml->parser);
		bk_fail(&xml->err, BK_CORRUPT,
			"the server's answer is no XML or only a part of it "
			"(%s); is it an S3 server?",
			XML_ErrorString(code));
	}
	if (xml->err.kind == BK_OK)
		return 0;
	*err = xml->err;
	return -1;
}

static int take(struct bk_sink *to, const void *data, size_t len,
		struct bk_err *err)
{
	struct bk_s3_xml *xml = (struct bk_s3_xml *)to;
	const char *text = data;

	/* Some servers send blanks to keep a connection alive while they work:
	 * before the XML declaration these would be an error. */
	while (xml->total == 0 && len && strchr(" \t\r\n", *text) && *text) {
		text++;
		len--;
	}
	if (len > TOTAL_MAX - xml->total) {
		stop(xml, "is longer than any of S3");
		*err = xml->err;
		return -1;
	}
	xml->total += len;
	return feed(xml, text, len, false, err);
}

void bk_s3_xml_init(struct bk_s3_xml *xml, bk_s3_ended *ended, void *arg)
{
	*xml = (struct bk_s3_xml){.sink.write = take, .ended = ended};
	xml->arg = arg;
	xml->parser = XML_ParserCreate(NULL);
	if (!xml->parser)
		abort(); /* as all small allocations do */
	XML_SetUserData(xml->parser, xml);
	XML_SetElementHandler(xml->parser, begin_element, end_element);
	XML_SetCharacterDataHandler(xml->parser, take_text);
	XML_SetStartDoctypeDeclHandler(xml->parser, refuse_doctype);
}

void bk_s3_xml_clear(struct bk_s3_xml *xml)
{
	for (size_t i = 0; i < BK_S3_XML_DEPTH; i++)
		bk_buf_clear(&xml->texts[i]);
	if (xml->parser)
		XML_ParserFree(xml->parser);
	*xml = (struct bk_s3_xml){0};
}

int bk_s3_xml_end(struct bk_s3_xml *xml, struct bk_err *err)
{
	return feed(xml, "", 0, true, err);
}

<?php
// Answers as the contract says, in XML, for JIDs in ASCII: the same keys, rules and escaping.

const PREFIX = '/xmpp/status/';
const SHOWS = ['away', 'chat', 'dnd', 'xa'];
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

function escape(string $text): string
{
    return htmlspecialchars($text, ENT_XML1 | ENT_COMPAT);
}

// Returns null if absent, false if it is not a yes, else the options.
function parse_flag(string|false $value): array|false|null
{
    if ($value === false) {
        return null;
    }
    $words = explode(' ', $value);
    $options = array_slice($words, 1);
    $is_yes = $words[0] === 'yes' && !array_diff($options, ['status', 'nolast'])
        && count(array_unique($options)) === count($options);
    return $is_yes ? $options : false;
}

function is_lease_valid(string|false $lease): bool
{
    return $lease !== false && preg_match('/^(\d+) ./', $lease, $match)
        && $match[1] > time() && $match[1] <= time() + 60;
}

function is_sound(array $record): bool
{
    return in_array($record['type'], ['available', 'unavailable'], true)
        && ($record['show'] === false || in_array($record['show'], SHOWS, true))
        && ($record['last'] === false || ctype_digit($record['last']));
}

// Asks for the flags of domain and user, the lease and the record, in one round trip.
function ask_once(Redis $redis, string $jid, string $local, string $domain): array
{
    return $redis->pipeline()
        ->hMGet("xmpp:publish:{{$domain}}", [$domain, $jid])
        ->get("xmpp:bot:{{$domain}}")
        ->hMGet("xmpp:presence:{{$domain}}:$local", ['type', 'show', 'last', 'status', 'lang'])
        ->exec();
}

// A connection that an earlier request has left is logged in already.
function ask(string $jid, string $local, string $domain): array
{
    $redis = new Redis();
    $redis->pconnect(getenv('REDIS'));
    try {
        return ask_once($redis, $jid, $local, $domain);
    } catch (RedisException) {
        $password = trim(file_get_contents(getenv('REDIS_PASSWORD_FILE')));
        $redis->auth([getenv('REDIS_USER'), $password]);
        return ask_once($redis, $jid, $local, $domain);
    }
}

function write_presence(string $jid, array $record, array $options, bool $is_last_withheld): string
{
    $children = '';
    if ($record['show'] !== false && $record['type'] === 'available') {
        $children .= "  <show>{$record['show']}</show>\n";
    }
    if ($record['status'] !== false && in_array('status', $options, true)) {
        $lang = $record['lang'] === false ? '' : ' xml:lang="' . escape($record['lang']) . '"';
        $children .= "  <status$lang>" . escape($record['status']) . "</status>\n";
    }
    if ($record['last'] !== false && !$is_last_withheld) {
        $seconds = max(0, time() - (int)$record['last']);
        $children .= "  <query xmlns=\"jabber:iq:last\" seconds=\"$seconds\"/>\n";
    }
    $type = $record['type'] === 'available' ? '' : ' type="unavailable"';
    return '<presence xmlns="jabber:client" from="' . escape($jid) . "\"$type"
        . ($children === '' ? "/>\n" : ">\n$children</presence>\n");
}

function send(int $status, string $body, string $cache): void
{
    http_response_code($status);
    header('Content-Type: application/xml; charset=utf-8');
    header('X-Content-Type-Options: nosniff');
    header('Access-Control-Allow-Origin: *');
    header('Access-Control-Expose-Headers: ETag');
    header('Vary: Accept');
    header("Cache-Control: $cache");
    header('Content-Length: ' . strlen($body));
    echo $body;
}

function send_error(int $status, ?string $jid, string $type, string $what, string $cache): void
{
    $from = $jid === null ? '' : ' from="' . escape($jid) . '"';
    send($status, "<presence xmlns=\"jabber:client\"$from type=\"error\">\n"
        . "  <error type=\"$type\">\n    <$what xmlns=\"" . STANZAS . "\"/>\n  </error>\n"
        . "</presence>\n", $cache);
}

function answer(string $jid, string $local, string $domain): void
{
    [$flags, $lease, $record] = ask($jid, $local, $domain);
    $of_domain = parse_flag($flags[$domain]);
    $of_user = parse_flag($flags[$jid]);
    if ($of_domain !== null && $of_domain !== false && !is_lease_valid($lease)) {
        send_error(503, $jid, 'wait', 'remote-server-timeout', 'no-store');
        return;
    }
    if (!is_array($of_domain) || $of_user === false || !is_sound($record)) {
        send_error(404, $jid, 'cancel', 'item-not-found', 'public, max-age=1');
        return;
    }
    $options = $of_user ?? $of_domain;
    $is_last_withheld = in_array('nolast', [...$options, ...$of_domain], true);
    $body = write_presence($jid, $record, $options, $is_last_withheld);
    $etag = '"' . md5($body) . '"';
    header("ETag: $etag");
    if (($_SERVER['HTTP_IF_NONE_MATCH'] ?? '') === $etag) {
        http_response_code(304);
        return;
    }
    send(200, $body, 'public, max-age=1');
}

$bare = strtolower(strtok(substr($_SERVER['PATH_INFO'], strlen(PREFIX)), '/'));
$jid_pattern = '~^([!#-%(-.0-9;=?\[-\x7e]+)@([a-z0-9][a-z0-9.-]*)\z~';
if (preg_match($jid_pattern, $bare, $match)) {
    answer($bare, $match[1], $match[2]);
} else {
    send_error(400, null, 'modify', 'jid-malformed', 'no-store');
}

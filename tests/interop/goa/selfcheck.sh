#!/bin/bash
# Runs goa-client against goa-server for every method and prints a table: what was
# expected of Goa against Goa, and whether it came. Needs Go.
#
#   tests/interop/goa/selfcheck.sh [OUT_DIR]      (OUT_DIR: where build.sh puts the peers)
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$(mktemp -d)}
"$here/build.sh" "$out" || exit 1

exec 3< <(exec "$out/goa-server" -listen 127.0.0.1:0 -gc 200ms 2>"$out/goa-server.log")
server=$!
trap 'kill $server' EXIT
read -r _ address <&3
url=http://$address
bad=0

client() { "$out/goa-client" -url "$url" "$@"; }
# What differs from run to run: times, error ids, tokens, the server's port.
steady() {
    sed -E 's/"(sent_at|added_at)":"[^"]*"/"\1":"T"/g; s/"id(\\?)":(\\?)"[A-Za-z0-9_-]{8}\\?"/"id\1":\2"ID\2"/g; s/"eyJ[^"]*"/"TOKEN"/; s/127\.0\.0\.1:[0-9]+/ADDR/g'
}
# check NAME SCRIPT EXPECTED METHOD [key=value...]; SCRIPT and EXPECTED have one line per line.
check() {
    local name=$1 script=$2 expected=$3 got
    shift 3
    got=$(printf '%s\n' "$script" | client "$@" 2>&1 | steady)
    verdict "$1" "$name" "$expected" "$got"
}
verdict() {
    if [ "$3" = "$4" ]; then
        printf 'ok   %-18s %s\n' "$1" "$2"
    else
        bad=$((bad + 1))
        printf 'BAD  %-18s %s\n  wanted %s\n  got    %s\n' "$1" "$2" "${3//$'\n'/$'\n         '}" "${4//$'\n'/$'\n         '}"
    fi
}
# logged TEXT: waits, ten seconds at most, until the server has said so.
logged() {
    for _ in {1..200}; do
        grep -q "$1" "$out/goa-server.log" && return
        sleep 0.05
    done
    return 1
}
open='{"event":"open","status":101}'

token=$(client chatter.login user=goa password=rocks | sed -E 's/.*"(eyJ[^"]*)".*/\1/')
reader=$("$out/goa-client" token scopes=stream:read)
check 'token' '' '{"event":"message","status":200,"value":"TOKEN"}' chatter.login user=goa password=rocks
check 'bad password' '' '{"during":"open","event":"error","goa_error_seen":"unauthorized","message":"Credentials are invalid","name":"unauthorized","status_seen":401,"type":"chatter.Unauthorized","value":"invalid username and password combination"}' chatter.login user=goa password=pops
check 'bad token' '' '{"during":"open","event":"error","goa_error_seen":"unauthorized","message":"Credentials are invalid","name":"unauthorized","status_seen":401,"type":"chatter.Unauthorized","value":"invalid token"}' chatter.echoer token=nonsense
check 'other key' '' '{"during":"open","event":"error","goa_error_seen":"unauthorized","message":"Credentials are invalid","name":"unauthorized","status_seen":401,"type":"chatter.Unauthorized","value":"invalid token"}' chatter.echoer token="$("$out/goa-client" token key=other)"
check 'missing scope' '' '{"during":"open","event":"error","goa_error_seen":"invalid-scopes","message":"The token lacks a scope","name":"invalid-scopes","status_seen":403,"type":"chatter.InvalidScopes","value":"missing scopes: stream:write"}' chatter.listener token="$reader"
check 'no scopes' '' '{"during":"open","event":"error","goa_error_seen":"invalid-scopes","message":"The token lacks a scope","name":"invalid-scopes","status_seen":403,"type":"chatter.InvalidScopes","value":"invalid scopes in token"}' chatter.listener token="$("$out/goa-client" token scopes=)"
check 'no token' '' '{"during":"open","event":"error","message":"[chatter echoer]: invalid response code 400, body: {\"name\":\"missing_field\",\"id\":\"ID\",\"message\":\"\\\"token\\\" is missing from header\",\"temporary\":false,\"timeout\":false,\"fault\":false}\n","status_seen":400,"type":"*http.ClientError"}' chatter.echoer header:Authorization=
check 'empty: a 200' '' '{"during":"open","event":"error","message":"[chatter history]: failed to decode response body: EOF","status_seen":200,"type":"*http.ClientError"}' chatter.history token="$token"

# The subscriber is to see the messages of the checks that follow.
coproc subscriber { client chatter.subscribe token="$token"; }
subscribed=${subscriber[0]} subscriber_in=${subscriber[1]} subscriber_pid=$!
logged 'began chatter.subscribe'
check 'echo, close' $'send "check é"\nrecv\nsend "a\\n<&>"\nrecv\nclose' "$open"$'\n{"event":"message","value":"check é"}\n{"event":"message","value":"a\\n<&>"}\n{"event":"closed"}' chatter.echoer token="$token"
check 'send, close' $'send "heard"\nclose' "$open"$'\n{"event":"closed"}' chatter.listener token="$token"
read -r -u "$subscribed" line; verdict chatter.subscribe 'open with first event' "$open" "$line"
# The listener's message arrives after its client has gone: all three, in order.
echo recv >&"$subscriber_in"; read -r -u "$subscribed" line
verdict chatter.subscribe 'first event' '{"event":"message","value":{"action":"added","added_at":"T","message":"check é"}}' "$(steady <<<"$line")"
echo 'drain &' >&"$subscriber_in"; read -r -u "$subscribed" _; read -r -u "$subscribed" line
verdict chatter.subscribe 'third event' '{"event":"message","value":{"action":"added","added_at":"T","message":"heard"}}' "$(steady <<<"$line")"
echo cancel >&"$subscriber_in"; read -r -u "$subscribed" line
verdict chatter.subscribe 'cancel' '{"event":"cancelled"}' "$line"
logged 'ended chatter.subscribe <nil>'
verdict chatter.subscribe 'server saw it' 0 $?
echo exit >&"$subscriber_in"; wait "$subscriber_pid"

check 'result' $'send "one"\nsend "three"\nclose' "$open"$'\n{"event":"message","value":[{"length":3,"message":"one","sent_at":"T"},{"length":5,"message":"three","sent_at":"T"}]}\n{"event":"closed"}' chatter.summary token="$token"
check 'no message' 'close' "$open"$'\n{"event":"message","value":[]}\n{"event":"closed"}' chatter.summary token="$token"
check 'default view' $'recv\nrecv\nrecv\ndrain' '{"event":"open","status":101,"view":"default"}
{"event":"message","value":{"length":8,"message":"check é","sent_at":"T"}}
{"event":"message","value":{"length":5,"message":"a\n<&>","sent_at":"T"}}
{"event":"message","value":{"length":5,"message":"heard","sent_at":"T"}}
{"event":"message","value":{"length":3,"message":"one","sent_at":"T"}}
{"event":"message","value":{"length":5,"message":"three","sent_at":"T"}}
{"event":"eof"}' chatter.history token="$reader"
check 'tiny view' $'recv' $'{"event":"open","status":101,"view":"tiny"}\n{"event":"message","value":{"message":"check é","sent_at":"T"}}' chatter.history token="$token" view=tiny

check 'defaults' 'drain' '{"event":"open","status":101,"view":"default"}
{"event":"message","value":{"ask":100.5,"bid":100,"depth":5,"levels":[{"price":100,"quantity":10},{"price":99.5,"quantity":20},{"price":99,"quantity":30},{"price":98.5,"quantity":40},{"price":98,"quantity":50}],"symbol":"AAA","venue":"x","volume":18446744073709551615}}
{"event":"eof"}' market.quotes venue=x
check 'all parameters' 'drain' '{"event":"open","status":101,"view":"default"}
{"event":"message","value":{"ask":100.5,"bid":100,"depth":1,"levels":[{"price":100,"quantity":10}],"session":"s 1","symbol":"a","venue":"x","volume":18446744073709551615}}
{"event":"message","value":{"ask":101.5,"bid":101,"depth":1,"levels":[{"price":101,"quantity":10}],"session":"s 1","symbol":"b","venue":"x","volume":18446744073709551615}}
{"event":"message","value":{"ask":100.75,"bid":100.25,"depth":1,"levels":[{"price":100.25,"quantity":10}],"session":"s 1","symbol":"a","venue":"x","volume":18446744073709551614}}
{"event":"message","value":{"ask":101.75,"bid":101.25,"depth":1,"levels":[{"price":101.25,"quantity":10}],"session":"s 1","symbol":"b","venue":"x","volume":18446744073709551614}}
{"event":"eof"}' market.quotes venue=x symbols=a symbols=b depth=1 count=2 session='s 1'
check 'tiny view' 'drain' '{"event":"open","status":101,"view":"tiny"}
{"event":"message","value":{"ask":0,"bid":100,"depth":0,"symbol":"AAA","venue":"","volume":0}}
{"event":"eof"}' market.quotes venue=x view=tiny
check 'unknown view' '' '{"during":"open","event":"error","message":"[market quotes]: invalid response code 400, body: {\"name\":\"invalid_enum_value\",\"id\":\"ID\",\"message\":\"value of view must be one of \\\"default\\\", \\\"tiny\\\" but got value \\\"odd\\\"\",\"temporary\":false,\"timeout\":false,\"fault\":false}\n","status_seen":400,"type":"*http.ClientError"}' market.quotes venue=x view=odd
check '404 ErrorResult' '' '{"during":"open","event":"error","goa_error_seen":"not_found","message":"venue nowhere is not known","name":"not_found","status_seen":404,"type":"*goa.ServiceError","value":{"fault":false,"id":"ID","message":"venue nowhere is not known","name":"not_found","temporary":false,"timeout":false}}' market.quotes venue=nowhere
check '404 String' '' '{"during":"open","event":"error","goa_error_seen":"unknown_symbol","message":"There is no such symbol","name":"unknown_symbol","status_seen":404,"type":"market.UnknownSymbol","value":"symbol ZZZ is not known"}' market.quotes venue=x symbols=ZZZ
check '409 own type' '' '{"during":"open","event":"error","goa_error_seen":"conflict","message":"","name":"conflict","status_seen":409,"type":"*market.Conflict","value":{"limit":9007199254740993,"orders":["a","b"],"state":"closed","venue":"closed"}}' market.trade venue=closed
check '429 temporary' '' '{"during":"open","event":"error","goa_error_seen":"slow_down","message":"venue busy is busy","name":"slow_down","status_seen":429,"type":"*goa.ServiceError","value":{"fault":false,"id":"ID","message":"venue busy is busy","name":"slow_down","temporary":true,"timeout":false}}' market.upload venue=busy
check '503 String' '' '{"during":"open","event":"error","goa_error_seen":"halted","message":"The venue is halted","name":"halted","status_seen":503,"type":"market.Halted","value":"venue halted is halted"}' market.trade venue=halted
check 'fails midway' 'drain' '{"event":"open","status":101,"view":"tiny"}
{"event":"message","value":{"ask":0,"bid":100,"depth":0,"symbol":"AAA","venue":"","volume":0}}
{"code":1006,"during":"recv","event":"error","message":"websocket: close 1006 (abnormal closure): unexpected EOF","reason":"unexpected EOF","type":"*websocket.CloseError"}' market.quotes venue=broken view=tiny

order='{"id":"o1","symbol":"AAA","side":"buy","price":1.5,"quantity":7'
full=$order',"tags":["x","y"],"attributes":{"k":"v","sent_at":"kept"},"signature":"AQID","parent":{"id":"o0","account":-2147483648}}'
check 'fill, all members' "send $full"$'\nrecv\nclose' "$open"'
{"event":"message","value":{"average":1.5,"checksum":"AwIB","filled":7,"legs":[{"price":1.5,"quantity":3,"venue":"x"},{"price":1.5,"quantity":4,"venue":"x"}],"order_id":"o1","original":{"attributes":{"k":"v","sent_at":"T"},"id":"o1","parent":{"account":-2147483648,"id":"o0"},"price":1.5,"quantity":7,"side":"buy","signature":"AQID","symbol":"AAA","tags":["x","y"]},"side":"buy"}}
{"event":"closed"}' market.trade venue=x session=s
check 'fill, required only' "send $order}"$'\nrecv\nclose' "$open"'
{"event":"message","value":{"average":1.5,"checksum":"","filled":7,"legs":[{"price":1.5,"quantity":3,"venue":"x"},{"price":1.5,"quantity":4,"venue":"x"}],"order_id":"o1","original":{"id":"o1","price":1.5,"quantity":7,"side":"buy","symbol":"AAA"},"side":"buy"}}
{"event":"closed"}' market.trade venue=x
check 'bad enum, hangs' "send {\"id\":\"o1\",\"symbol\":\"AAA\",\"side\":\"hold\",\"price\":1,\"quantity\":1}"$'\nrecv' "$open"'
{"code":1006,"during":"recv","event":"error","message":"websocket: close 1006 (abnormal closure): unexpected EOF","reason":"unexpected EOF","type":"*websocket.CloseError"}' market.trade venue=x
check 'server ends' 'send {"id":"bye","symbol":"","side":"buy","price":0,"quantity":0}'$'\nrecv' "$open"$'\n{"event":"eof"}' market.trade venue=x
check 'receipt' "send $full"$'\n'"send ${order/o1/o2}}"$'\nclose' "$open"'
{"event":"message","value":{"count":2,"last_id":"o2","symbols":{"AAA":14},"total":21}}
{"event":"closed"}' market.upload venue=x
check 'empty receipt' 'close' "$open"$'\n{"event":"message","value":{"count":0,"symbols":{},"total":0}}\n{"event":"closed"}' market.upload venue=x
check 'order' '' '{"event":"message","status":200,"value":{"count":1,"last_id":"o1","symbols":{"AAA":7},"total":10.5}}' market.place venue=x session=s order="$full"
check 'dry run' '' '{"event":"message","status":200,"value":{"count":0,"symbols":{},"total":0}}' market.place venue=x session=s dry_run=true order="$full"
check '409 own type' '' '{"during":"open","event":"error","goa_error_seen":"conflict","message":"","name":"conflict","status_seen":409,"type":"*market.Conflict","value":{"limit":9007199254740993,"orders":["a","b"],"state":"closed","venue":"closed"}}' market.place venue=closed session=s order="$full"
check 'none' '' '{"event":"message","status":200,"value":{"text":"none","venue":"x"}}' market.parameters venue=x
check 'all' '' '{"event":"message","status":200,"value":{"f64":-1e+21,"flag":false,"i32":-2147483648,"i64":-9223372036854775808,"numbers":[1,-2],"session":"s","side":"sell","text":"é &=","texts":["a","b c"],"u64":18446744073709551615,"venue":"a b é","weight":4294967295}}' market.parameters venue='a b é' i32=-2147483648 i64=-9223372036854775808 u64=18446744073709551615 f64=-1e21 flag=false text='é &=' texts=a texts='b c' numbers=1 numbers=-2 side=sell session=s weight=4294967295
check 'extremes' $'send {"i32":-2147483648,"i64":-9223372036854775808,"u32":4294967295,"u64":18446744073709551615,"f64":1e21,"f32":0.1,"flag":false,"many":[9223372036854775807,0],"by_name":{"tiny":5e-324,"huge":1.7976931348623157e308}}\nrecv\nclose' "$open"'
{"event":"message","value":{"by_name":{"huge":1.7976931348623157e+308,"tiny":5e-324},"f32":0.1,"f64":1e+21,"flag":false,"i32":-2147483648,"i64":-9223372036854775808,"many":[9223372036854775807,0],"u32":4294967295,"u64":18446744073709551615}}
{"event":"closed"}' market.numbers

[ $bad -eq 0 ] && echo "all as expected" || { echo "$bad not as expected"; exit 1; }

// Every word of the console, English and Chinese; a name without words of its own is shown as it is.
const WORDS = {
  title: ["Simulator", "物流模拟器"],
  language: ["中文", "English"],
  clock: ["Clock", "时钟"],
  speed: ["Speed", "速度"],
  jump: ["Jump ahead", "快进"],
  frozen: ["Frozen", "暂停"],
  real: ["Real time", "实时"],
  h: ["h", "小时"],
  hours: ["hours", "小时"],
  shanghai: ["Shanghai time", "北京时间"],
  orders: ["Orders", "订单"],
  followed: ["Numbers followed", "订阅中单号"],
  finished: ["Followed to the end", "已结束订阅"],
  pushed: ["Pushes sent", "已推送"],
  lost: ["Lost on purpose", "故意丢失"],
  scenarios: ["What becomes of orders", "订单走向"],
  providers: ["Providers", "物流接口"],
  provider: ["Provider", "接口"],
  per_second: ["Requests/s", "请求/秒"],
  served: ["Served", "累计请求"],
  following: ["Following", "订阅中"],
  sent: ["Pushed", "推送"],
  acknowledged: ["Acknowledged", "已确认"],
  refused: ["Refused", "被拒"],
  dropped: ["Dropped", "放弃"],
  down: ["Outage", "断线"],
  take_down: ["Take down", "断开"],
  bring_back: ["Bring back", "恢复"],
  parcels: ["Parcels", "包裹"],
  parcel: ["Parcel", "包裹"],
  search: ["Waybill or order number", "运单号或订单号"],
  scenario: ["Scenario", "走向"],
  carrier: ["Carrier", "快递公司"],
  any: ["all", "全部"],
  shown: ["{0} shown of {1}", "共 {1} 件，显示 {0} 件"],
  none: ["None", "无"],
  no_waybill: ["not shipped", "未发货"],
  promised: ["promised by", "承诺发货"],
  delivered: ["ends", "结束"],
  open: ["open end", "无结局"],
  tail: ["phone", "手机尾号"],
  not_yet: ["not yet", "未发生"],
  bend: ["Bend", "改变走向"],
  lose: ["Lose it", "弄丢"],
  call_back: ["Call it back", "拦截退回"],
  faults: ["Faults", "故障"],
  scope: ["For", "适用于"],
  everybody: ["all providers", "所有接口"],
  as_all: ["follow the general switch", "跟随全局"],
  calm: ["Switch all of these off", "全部关闭"],
  hubs: ["Hubs", "转运中心"],
  city: ["City", "城市"],
  slow_hub: ["Stand still", "停摆"],
  still_until: ["{0} stands still until {1}", "{0} 停摆至 {1}"],
  waiting: ["{0} parcels wait in {1}", "{1} 有 {0} 件包裹滞留"],
  crises: ["Strike", "突发"],
  typhoon: ["Typhoon", "台风"],
  festival: ["Sales festival", "大促爆仓"],
  struck: ["{0}: {1} parcels wait", "{0}：{1} 件包裹受阻"],
  callbacks: ["Where accounts are pushed to", "账号推送地址"],
  address: ["Address", "地址"],
  save: ["Save", "保存"],
  unreachable: ["The simulator does not answer.", "模拟器没有响应。"],
  // faults
  outage: ["Outage", "断线"],
  throttle: ["Too often", "请求过频"],
  http_5xx: ["Proxy error", "网关错误"],
  garbage: ["Garbage", "乱码应答"],
  duplicate: ["Doubled scans", "轨迹重复"],
  out_of_order: ["Shuffled scans", "轨迹乱序"],
  wrong_carrier: ["Wrong carrier", "识别错公司"],
  bad_push_sign: ["Bad signature", "推送签名错"],
  drop_push: ["Lost pushes", "推送丢失"],
  duplicate_push: ["Doubled pushes", "推送重复"],
  reorder_push: ["Overtaken pushes", "推送乱序"],
  slow: ["Slow answers (s)", "响应慢（秒）"],
  min_interval: ["Least interval (s)", "最小间隔（秒）"],
  clock_skew: ["Clock skew (s)", "时钟偏差（秒）"],
  // scenarios
  normal: ["normal", "正常"],
  unpaid: ["unpaid", "未付款"],
  refunded: ["refunded", "已退款"],
  not_dispatched: ["not dispatched", "未发货"],
  never_picked: ["never picked up", "未揽收"],
  late_pickup: ["late pickup", "揽收晚"],
  no_movement: ["no movement", "揽后无流转"],
  stall: ["stalled", "中转停滞"],
  sign_overdue: ["signature overdue", "派签超时"],
  scenario_slow: ["slow", "运输慢"],
  scenario_refused: ["refused", "拒收"],
  scenario_lost: ["lost", "丢失"],
  three_attempts: ["three attempts", "三次派送失败"],
  damaged: ["damaged", "破损"],
  uncollected: ["uncollected", "逾期未取"],
  wrong_company: ["wrong company", "公司填错"],
  no_record: ["no record", "查无此单"],
  intercepted: ["called back", "拦截退回"],
  // providers and carriers
  kuaidi100: ["Kuaidi100", "快递100"],
  kdniao: ["Kdniao", "快递鸟"],
  sf: ["SF Express", "顺丰"],
  zto: ["ZTO", "中通"],
  yto: ["YTO", "圆通"],
  sto: ["STO", "申通"],
  yunda: ["Yunda", "韵达"],
  jtexpress: ["J&T", "极兔"],
  aftership: ["AfterShip", "AfterShip"],
  track17: ["17TRACK", "17TRACK"],
  seventeentrack: ["17TRACK", "17TRACK"],
};

let position = (localStorage.getItem("language") ?? navigator.language).startsWith("zh") ? 1 : 0;

export const language = () => (position ? "zh-CN" : "en");

export function word(name, ...values) {
  const text = WORDS[name]?.[position] ?? name;
  return text.replace(/\{(\d)\}/g, (_, at) => values[at]);
}

// Some scenarios share a name with a fault or a count.
export const scenario = (name) => word(WORDS[`scenario_${name}`] ? `scenario_${name}` : name);

export function turn() {
  position = 1 - position;
  localStorage.setItem("language", language());
}

export function label(root) {
  document.documentElement.lang = language();
  for (const one of root.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
  for (const one of root.querySelectorAll("[data-label]")) one.setAttribute("aria-label", word(one.dataset.label));
  for (const one of root.querySelectorAll("[data-placeholder]")) one.placeholder = word(one.dataset.placeholder);
}

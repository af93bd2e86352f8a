// Original file: proto/heliu/v1/audit.proto


export interface GossipAnswer {
  'own'?: (string);
  'seen'?: (string)[];
  'isHalted'?: (boolean);
}

export interface GossipAnswer__Output {
  'own': (string);
  'seen': (string)[];
  'isHalted': (boolean);
}

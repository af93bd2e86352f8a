// Original file: proto/heliu/v1/audit.proto


export interface GossipRequest {
  'messageId'?: (string);
  'own'?: (string);
  'seen'?: (string)[];
  'isHalted'?: (boolean);
}

export interface GossipRequest__Output {
  'messageId': (string);
  'own': (string);
  'seen': (string)[];
  'isHalted': (boolean);
}

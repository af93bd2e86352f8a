// Original file: proto/heliu/v1/audit.proto


export interface ConsistencyRequest {
  'messageId'?: (string);
  'origin'?: (string);
  'first'?: (string);
  'second'?: (string);
}

export interface ConsistencyRequest__Output {
  'messageId': (string);
  'origin': (string);
  'first': (string);
  'second': (string);
}

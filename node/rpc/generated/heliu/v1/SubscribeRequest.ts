// Original file: proto/heliu/v1/catalog.proto


export interface SubscribeRequest {
  'messageId'?: (string);
  'fromSequence'?: (string);
}

export interface SubscribeRequest__Output {
  'messageId': (string);
  'fromSequence': (string);
}
